import Media
import PeerSession
import Primitives
import Runtime
import SDP
import Signalling
import Testing

@testable import Peering

/// Whole connections over sockets of this machine.
@CallLoop
struct PeerConnectionTests {
    @Test func carriesSoundBothWays() async throws {
        let call = try Call()
        defer { call.close() }
        try await call.connect()
        for _ in 0..<20 {
            call.left.sendAudio()
            call.right.sendAudio()
        }
        try await call.expect("sound arrives") { call.left.audio.count >= 20 && call.right.audio.count >= 20 }
        for party in [call.left!, call.right!] {
            #expect(party.audio.map(\.payload) == (0..<20).map(Party.sound))
            #expect(party.audio.allSatisfy { $0.level?.level == 20 && $0.level?.voice == true })
            #expect(party.connection.drops == .init())
        }
    }

    @Test func carriesPicturesBothWays() async throws {
        let call = try Call()
        defer { call.close() }
        try await call.connect()
        for number in 0..<6 {
            #expect(call.left.sendFrame(isKeyFrame: number == 0))
            #expect(call.right.sendFrame(isKeyFrame: number == 0))
        }
        try await call.expect("pictures arrive") { call.left.frames.count >= 6 && call.right.frames.count >= 6 }
        for party in [call.left!, call.right!] {
            #expect(party.frames.map(\.bytes) == (0..<6).map { Party.picture($0, isKeyFrame: $0 == 0) })
            #expect(party.frames.map(\.isKeyFrame) == [true, false, false, false, false, false])
        }
    }

    @Test func carriesKeyFrameRequests() async throws {
        let call = try Call()
        defer { call.close() }
        try await call.connect()
        call.left.sendFrame(isKeyFrame: true)
        try await call.expect("a picture arrives") { !call.right.frames.isEmpty }
        call.right.connection.requestKeyFrame()
        try await call.expect("the request arrives") { call.left.keyFramesAsked > 0 }
    }

    @Test func carriesTextBothWays() async throws {
        let call = try Call()
        defer { call.close() }
        try await call.connect()
        let long = String(repeating: "häåß ", count: 8_000)
        #expect(call.left.connection.send(text: "hello"))
        #expect(call.left.connection.send(text: long))
        #expect(call.right.connection.send(text: ""))
        #expect(call.right.connection.send(text: "good day"))
        try await call.expect("texts arrive") { call.right.texts.count == 2 && call.left.texts.count == 2 }
        #expect(call.right.texts == ["hello", long])
        #expect(call.left.texts == ["", "good day"])
    }

    @Test func refusesTextThatIsTooLongOrTooEarly() async throws {
        let call = try Call()
        defer { call.close() }
        #expect(!call.left.connection.send(text: "nobody hears this"))
        try await call.connect()
        #expect(!call.left.connection.send(text: String(repeating: "x", count: ChannelMessage.maximumBytes + 1)))
        call.left.close()
        #expect(!call.left.connection.send(text: "nor this"))
    }

    @Test func messagesFlowWhileManyAreUnderWay() async throws {
        let call = try Call()
        defer { call.close() }
        try await call.connect()
        let texts = (0..<500).map { "message \($0) " + String(repeating: ".", count: $0) }
        for text in texts { #expect(call.left.connection.send(text: text)) }
        try await call.expect("all messages arrive in order") { call.right.texts.count == texts.count }
        #expect(call.right.texts == texts)
    }

    @Test func acceptsCandidatesThatComeBeforeTheDescription() async throws {
        let call = try Call()
        defer { call.close() }
        var held: [Call.Side: Signal] = [:]
        call.relay = { [unowned call] signal, side in
            switch signal {
            case .description where held[side] == nil && call[side].candidates.isEmpty:
                held[side] = signal
                return []
            case .candidate(let candidate) where candidate?.candidate.isEmpty ?? true:
                // The last of the candidates; the description comes after it.
                return [signal] + [held[side]].compactMap { $0 }
            default: return [signal]
            }
        }
        try await call.connect()
        #expect(held.count == 2)
    }

    @Test func acceptsSignalsThatAreLate() async throws {
        let call = try Call()
        defer { call.close() }
        call.relay = { [weak call] signal, side in
            CallLoop.after(.milliseconds(150)) { call?.pass(signal, to: side.other) }
            return []
        }
        try await call.connect()
    }

    @Test func aNameThatDoesNotResolveIsSkipped() async throws {
        let call = try Call()
        defer { call.close() }
        call.relay = { signal, side in
            guard side == .left, case .candidate(var candidate?) = signal, !candidate.candidate.isEmpty,
                var parsed = try? ICECandidate(candidate.candidate)
            else { return [signal] }
            parsed.endpoint.address = "8f1c2f4e-0000-4000-8000-1234567890ab.local"
            candidate.candidate = parsed.text
            return [.candidate(candidate)]
        }
        // The right side learns the left's addresses from its checks (RFC 8445 §7.3.1.3).
        try await call.connect()
    }

    @Test func closingTellsTheOtherSideOnce() async throws {
        let call = try Call()
        defer { call.close() }
        try await call.connect()
        call.left.close()
        try await call.expect("the other side hears of it") { call.right.closings > 0 && !call.right.channelIsOpen }
        #expect(call.right.closings == 1)
        #expect(call.right.failures.isEmpty)
        // Whatever the owner still does with either, nothing happens.
        for party in [call.left!, call.right!] {
            party.sendAudio()
            party.sendFrame(isKeyFrame: true)
            party.connection.requestKeyFrame()
            #expect(!party.connection.send(text: "too late"))
            party.connection.restartICE()
            party.connection.handleSignallingRestored()
        }
        _ = call.left.connection.selectedPair
        await loopTurn()
        #expect(call.right.closings == 1)
        #expect(call.left.audio.isEmpty && call.right.audio.isEmpty)
    }

    @Test func tellsWhatKindOfPathIsUsed() async throws {
        let call = try Call()
        defer { call.close() }
        #expect(call.left.connection.selectedPair == nil)
        try await call.connect()
        let pair = try #require(call.left.connection.selectedPair)
        #expect(["host", "prflx"].contains(String(pair.split(separator: "/")[0])))
    }
}
