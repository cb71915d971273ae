import PeerSession
import Primitives
import RTP
import SDP
import SFU
import STUN

// What strangers and peers may send to the media server.

@Sendable func fuzzSTUN(_ bytes: [UInt8]) {
    guard let message = try? STUNMessage(parsing: bytes) else { return }
    _ = (message.username, message.priority, message.errorCode, message.mappedAddress, message.nominates)
    _ = message.hasIntegrity(mac: { [UInt8](repeating: UInt8(truncatingIfNeeded: $0.count), count: 20) }, equal: ==)
    var answer = STUNWriter(.success, transaction: message.transaction)
    answer.addMappedAddress(message.mappedAddress ?? TransportAddress(high: 1, low: 2, port: 3))
    let written = answer.finish { _ in [UInt8](repeating: 0, count: 20) }
    precondition((try? STUNMessage(parsing: written)) != nil, "what was written cannot be read")
}

/// Offers as WHIP and WHEP bring them, to a side that publishes, plays and restarts; and fragments of them.
@Sendable func fuzzWHIP(_ bytes: [UInt8]) {
    let text = String(decoding: bytes, as: UTF8.self)
    if let fragment = try? ICEFragment(parsing: text) {
        precondition((try? ICEFragment(parsing: fragment.text))?.credentials == fragment.credentials)
    }
    guard let offer = try? SessionDescription(parsing: text),
        let fingerprint = Fingerprint(sha256: [UInt8](repeating: 7, count: 32)),
        let credentials = ICECredentials(ufrag: "abcdefgh", password: "abcdefghijklmnopqrstuvwx")
    else { return }
    var configuration = JSEPSession.Configuration(fingerprint: fingerprint)
    configuration.isICELite = true
    configuration.acceptsSimulcast = true
    configuration.answersAsServer = true
    configuration.fixedCandidates = [
        ICECandidate(foundation: "1", priority: 1, endpoint: .init("192.0.2.1", 7_882), kind: .host)
    ]
    var session = JSEPSession(configuration: configuration, random: SeededGenerator(seed: 1))
    session.addTransceiver(.audio, .sendonly)
    session.addTransceiver(.video, .sendonly)
    for round in 0..<2 {
        var offer = offer
        if round == 1 { for index in offer.media.indices { offer.media[index].attributes.credentials = credentials } }
        guard (try? session.setRemoteOffer(offer)) != nil, let answer = try? session.makeAnswer() else { return }
        precondition(answer.media.count == offer.media.count, "an answer has the offer's sections")
        precondition((try? SessionDescription(parsing: answer.text)) != nil, "what was written cannot be read")
    }
}

/// Packets on their way through the server. The first byte of a piece says what it is, the rest is the packet.
@Sendable func fuzzForwarding(_ bytes: [UInt8]) {
    var random = SeededGenerator(seed: 5)
    var inbound = InboundStream(.init(clockRate: 90_000, isVideo: true, asksAgain: true))
    let header = HeaderTemplate(
        mid: "0", extensions: HeaderExtensionMap([.mid: 4, .transportSequence: 3]), isRepeatable: false)
    var outbound = OutboundStream(
        .init(ssrc: 1, payloadType: 96, clockRate: 90_000, retransmission: (2, 97), header: header),
        keepsHistory: true, random: &random)
    var selector = LayerSelector()
    selector.setTarget(0, temporal: 1)
    var now = Instant.seconds(1)
    var out = [UInt8](repeating: 0, count: 2_048)
    for piece in pieces(of: bytes) {
        now += .milliseconds(7)
        Array(piece.dropFirst()).withUnsafeBytes { buffer in
            guard let packet = PacketView(buffer) else { return }
            _ = packet.element(3)
            let media = (piece.first ?? 0) & 1 == 0 ? packet : packet.original(ssrc: 3, payloadType: 96)
            guard let media else { return }
            let picture = VP8View(media.payload)
            let sequence: Int64
            switch inbound.receive(
                media, temporalLayer: picture?.temporalLayer ?? 0, isRecovered: false, size: 1, now: now)
            {
            case .dropped: return
            case .packet(let number), .restarted(let number): sequence = number
            }
            _ = inbound.handleTimeout(now: now)
            guard let picture else { return outbound.drop(sequence: sequence, picture: nil) }
            switch selector.judge(layer: 0, picture: picture) {
            case .ignore: return
            case .drop: return outbound.drop(sequence: sequence, picture: picture)
            case .switchAndPass:
                outbound.restart(with: media, sequence: sequence, picture: picture, elapsed: nil, now: now)
            case .pass: break
            }
            let values = HeaderTemplate.Values(sendTime: AbsoluteSendTime(now), transportSequence: 1)
            out.withUnsafeMutableBytes { target in
                let count = outbound.forward(
                    media, sequence: sequence, layer: 0, picture: picture, values: values, into: target, now: now)
                precondition(count <= target.count)
                let number = UInt16(target[2]) << 8 | UInt16(target[3])
                guard count > 0, let request = outbound.lookUp(number, roundTrip: .zero, now: now) else { return }
                _ = inbound.store?.withPacket(request.source) { stored, payload in
                    outbound.repeat(request, stored: stored, payload: payload, values: values, into: target)
                }
            }
        }
    }
}
