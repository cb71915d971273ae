import PeerSession
import Primitives
import Runtime
import SDP
import Signalling
import Testing

@testable import Peering

/// Peers that do not want everything.
@CallLoop
struct NegotiatedMediaTests {
    /// Rejects the sections of `kind` in a description, as a peer's answer would.
    private static func rejecting(_ kind: MediaKind, in sdp: String) throws -> String {
        var description = try SessionDescription(parsing: sdp)
        var rejected: Set<String> = []
        for index in description.media.indices where description.media[index].kind == kind {
            description.media[index].port = 0
            if let mid = description.media[index].mid { rejected.insert(mid) }
        }
        description.groups = [.init("BUNDLE", (description.bundle ?? []).filter { !rejected.contains($0) })]
        return description.text
    }

    private func callWhoseAnswerRejects(_ kind: MediaKind) throws -> Call {
        let call = try Call()
        call.relay = { signal, _ in
            guard case .description(let description) = signal, description.type == .answer else { return [signal] }
            let rejecting = try! Self.rejecting(kind, in: description.sdp)  // it is our own and parses
            return [.description(.init(type: .answer, sdp: rejecting))]
        }
        return call
    }

    @Test func aPeerWithoutVideoGetsSoundAndText() async throws {
        let call = try callWhoseAnswerRejects(.video)
        defer { call.close() }
        try await call.connect()
        #expect(call.left.media.last.map { $0.audio && !$0.video } == true)
        #expect(!call.left.sendFrame(isKeyFrame: true))
        call.left.connection.requestKeyFrame()
        call.left.sendAudio()
        try await call.expect("sound arrives") { !call.right.audio.isEmpty }
    }

    @Test func aPeerWithoutDataChannelsGetsMedia() async throws {
        let call = try callWhoseAnswerRejects(.application)
        defer { call.close() }
        call.start()
        try await call.expect("both connect") { call.left.isConnected && call.right.isConnected }
        #expect(!call.left.connection.send(text: "nobody listens"))
        call.left.sendAudio()
        call.left.sendFrame(isKeyFrame: true)
        try await call.expect("media arrives") { !call.right.audio.isEmpty && !call.right.frames.isEmpty }
        #expect(call.left.failures.isEmpty && !call.left.channelIsOpen)
    }

    /// A lite agent never checks, so the other side must choose the pair even where the lite one offers first.
    @Test func theSideThatAnswersALitePeerControls() async throws {
        let call = try Call()
        defer { call.close() }
        call.relay = { signal, side in
            guard side == .left, case .description(let description) = signal else { return [signal] }
            let sdp = description.sdp.replacing("t=0 0\r\n", with: "t=0 0\r\na=ice-lite\r\n")
            return [.description(.init(type: description.type, sdp: sdp))]
        }
        try await call.connect()
        #expect(call.right.path.isControlling)
        #expect(call.left.path.isControlling, "it is no lite agent in truth, and the two settle that")
    }
}
