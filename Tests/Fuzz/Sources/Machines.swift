import PeerSession
import Primitives
import RTP
import RoomService
import SDP
import Signalling
import Streams
import TerminalGraphics

/// Keys, mouse, paste and replies, cut anywhere, with pauses between.
@Sendable func fuzzTerminalInput(_ bytes: [UInt8]) {
    var parser = InputParser()
    var now = Instant.zero
    for piece in pieces(of: bytes) {
        _ = parser.receive(piece, now: now)
        now += .milliseconds(Int64(piece.first ?? 0))
        _ = parser.handleTimeout(now: now)
    }
}

/// A session that receives packets, each a piece, over some seconds.
@Sendable func fuzzStreams(_ bytes: [UInt8]) {
    var session = RTPSession(cname: "fuzz", seed: 1, clock: WallClock(NTPTime(bits: 1 << 63), at: .zero))
    let extensions = HeaderExtensionMap([.mid: 1, .audioLevel: 2, .transportSequence: 3])
    session.configure(
        SectionParameters(
            mid: "0", kind: .audio, sends: true, receives: true, sendTypes: .init(media: PayloadType(masking: 111)),
            receiveTypes: .init(media: PayloadType(masking: 111)), clockRate: 48_000, extensions: extensions,
            localSSRC: SSRC(10)),
        now: .zero)
    session.configure(
        SectionParameters(
            mid: "1", kind: .video, sends: true, receives: true,
            sendTypes: .init(media: PayloadType(masking: 96), repair: PayloadType(masking: 97)),
            receiveTypes: .init(media: PayloadType(masking: 96), repair: PayloadType(masking: 97)), clockRate: 90_000,
            extensions: extensions, feedback: .everything, localSSRC: SSRC(20), localRepairSSRC: SSRC(21)),
        now: .zero)
    var now = Instant.zero
    for piece in pieces(of: bytes) {
        session.receive(piece, now: now)
        now += .milliseconds(Int64(piece.count))
        if let deadline = session.nextDeadline, deadline <= now { session.handleTimeout(now: now) }
        while session.pollTransmit() != nil {}
        while session.pollEvent() != nil {}
    }
}

/// Messages on data channels, each a piece: stream, payload identifier, bytes.
@Sendable func fuzzDataChannels(_ bytes: [UInt8]) {
    for role in [DTLSRole.client, .server] {
        var channels = DataChannelState(role: role)
        _ = channels.open(label: "confab")
        for piece in pieces(of: bytes) {
            guard let stream = piece.first.map(UInt16.init), let identifier = piece.dropFirst().first else { continue }
            if identifier == 0 { _ = channels.handleReset(stream) }
            _ = channels.receive(stream: stream, identifier: UInt32(identifier), bytes: Array(piece.dropFirst(2)))
        }
    }
}

/// Both sides of a negotiation hear the same nonsense: descriptions of each kind in turn, and candidates, separated by
/// zero bytes.
@Sendable func fuzzNegotiation(_ bytes: [UInt8]) {
    let kinds: [SignalDescription.Kind] = [.offer, .answer, .pranswer, .rollback]
    for isPolite in [false, true] {
        guard var negotiation = freshNegotiation(isPolite: isPolite) else { return }
        _ = negotiation.start(asOfferer: isPolite)
        for piece in String(decoding: bytes, as: UTF8.self).split(separator: "\0") {
            if piece.hasPrefix("candidate:") {
                _ = negotiation.receive(.candidate(SignalCandidate(candidate: String(piece), sdpMid: "0")))
                continue
            }
            let description = SignalDescription(type: kinds[piece.utf8.count % kinds.count], sdp: String(piece))
            _ = negotiation.receive(.description(description))
            _ = negotiation.negotiateIfNeeded()
        }
        _ = negotiation.restartICE()
    }
}

private func freshNegotiation(isPolite: Bool) -> Negotiation? {
    guard let fingerprint = Fingerprint(sha256: [UInt8](repeating: 7, count: 32)) else { return nil }
    var negotiation = Negotiation(
        configuration: .init(fingerprint: fingerprint), isPolite: isPolite, random: SeededGenerator(seed: 1))
    negotiation.addTransceiver(.audio, .sendrecv)
    negotiation.addTransceiver(.video, .sendrecv)
    return negotiation
}

/// Rooms in which everything happens at once. The first byte of a piece says who does what, the rest is what they say.
@Sendable func fuzzRooms(_ bytes: [UInt8]) {
    var rooms = RoomService(configuration: .init(), mac: { [UInt8(truncatingIfNeeded: $0.count)] })
    var now = Instant.zero
    var connections: UInt64 = 0
    for piece in pieces(of: bytes) {
        guard let first = piece.first else { continue }
        let rest = Array(piece.dropFirst())
        let connection = RoomService.ConnectionID(UInt64(first >> 3))
        switch first & 7 {
        case 0, 1:
            let words = String(decoding: rest, as: UTF8.self).split(separator: " ").map(String.init)
            let arrival = Arrival(
                room: "r\(first >> 6)", id: words.first ?? "a", name: "", resume: words.dropFirst().first)
            _ = rooms.connect(.init(connections), arrival, now: now)
            connections += 1
        case 2: rooms.disconnected(connection, now: now)
        case 3: now += .milliseconds(Int64(first) * 40)
        case 4 where first == 0xfc: _ = rooms.announce("r0", wish: .server, now: now)
        case 4: _ = first == 4 ? rooms.close("r0") : rooms.remove("a", from: "r\(first >> 6)")
        default: _ = rooms.receive(rest, from: connection, now: now)
        }
        if let deadline = rooms.nextDeadline, deadline <= now { _ = rooms.handleTimeout(now: now) }
        precondition(
            rooms.roomNames.allSatisfy { 1...4 ~= rooms.participants(of: $0).count }, "a room has 1 to 4 in it")
    }
}
