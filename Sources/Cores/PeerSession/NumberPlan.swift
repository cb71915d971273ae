import Primitives
import RTP
import SDP

/// Which numbers stand for which codecs and header extensions. Bundled sections share one space of numbers, and a number
/// must not change its meaning within a session (RFC 9143 §9.1, RFC 8285 §6), so what a peer offered first stays.
struct NumberPlan: Sendable {
    private var types: [Key: PayloadType] = [:]
    private var takenTypes: Set<PayloadType> = []
    private var extensions: [HeaderExtensionKind: Int] = [:]
    private var takenExtensions: Set<Int> = []

    private struct Key: Hashable {
        let name: String
        let clockRate: Int
        let channels: Int
        let use: Use

        enum Use { case media, retransmission, redundancy }

        init(_ preference: CodecPreference, _ use: Use) {
            name = preference.name.lowercased()
            clockRate = preference.clockRate
            channels = preference.channels
            self.use = use
        }
    }

    mutating func payloadType(_ preference: CodecPreference) -> PayloadType? {
        assign(Key(preference, .media), wish: preference.payloadType)
    }

    /// Nil where the codec is offered without retransmission, or no number is left.
    mutating func retransmissionType(_ preference: CodecPreference) -> PayloadType? {
        preference.retransmissionType.flatMap { assign(Key(preference, .retransmission), wish: $0) }
    }

    /// The same for packets that repeat earlier ones.
    mutating func redundancyType(_ preference: CodecPreference) -> PayloadType? {
        preference.redundancyType.flatMap { assign(Key(preference, .redundancy), wish: $0) }
    }

    private mutating func assign(_ key: Key, wish: Int) -> PayloadType? {
        if let type = types[key] { return type }
        // The dynamic range, then what RFC 3551 leaves free below the numbers that clash with RTCP.
        for number in [wish] + Array(96...127) + Array(35...63) {
            guard let type = PayloadType(number), takenTypes.insert(type).inserted else { continue }
            types[key] = type
            return type
        }
        return nil
    }

    private static let wishes: [HeaderExtensionKind: Int] = [
        .audioLevel: 1, .absoluteSendTime: 2, .transportSequence: 3, .mid: 4, .rid: 10, .repairedRid: 11,
    ]

    mutating func identifier(_ kind: HeaderExtensionKind) -> Int? {
        if let id = extensions[kind] { return id }
        for id in [Self.wishes[kind] ?? 1] + Array(1...14) where takenExtensions.insert(id).inserted {
            extensions[kind] = id
            return id
        }
        return nil
    }

    /// Learns a peer's numbers from its offer.
    mutating func adopt(_ offer: SessionDescription, preferences: [CodecPreference]) {
        for section in offer.media {
            for codec in section.codecs { takenTypes.insert(codec.payloadType) }
            for preference in preferences { adopt(preference, from: section) }
            for one in offer.extensions(of: section) {
                takenExtensions.insert(one.id)
                if 1...14 ~= one.id, let kind = HeaderExtensionKind(uri: one.uri) { extensions[kind] = one.id }
            }
        }
    }

    private mutating func adopt(_ preference: CodecPreference, from section: MediaSection) {
        guard let codec = section.codecs.first(where: preference.matches) else { return }
        types[Key(preference, .media)] = codec.payloadType
        if let again = section.retransmission(of: codec) {
            types[Key(preference, .retransmission)] = again.payloadType
        }
        if let red = section.redundancy(of: codec) { types[Key(preference, .redundancy)] = red.payloadType }
    }
}
