import Primitives

/// One payload type: `rtpmap`, `fmtp` and `rtcp-fb` together.
package struct RTPCodec: Hashable, Sendable {
    package var payloadType: PayloadType
    /// As written; compared without regard to case.
    package var name: String
    package var clockRate: Int
    package var channels: Int
    package var parameters: FormatParameters
    package var feedback: [RTCPFeedback]

    package init(
        _ payloadType: PayloadType, _ name: String, clockRate: Int, channels: Int = 1,
        parameters: FormatParameters = FormatParameters(), feedback: [RTCPFeedback] = []
    ) {
        self.payloadType = payloadType
        self.name = name
        self.clockRate = clockRate
        self.channels = channels
        self.parameters = parameters
        self.feedback = feedback
    }

    package func isNamed(_ other: String) -> Bool { name.lowercased() == other.lowercased() }
}

/// What `a=rtpmap` says of a payload type (RFC 8866 §6.6).
struct RTPMap {
    let name: String
    let clockRate: Int
    let channels: Int

    init(name: String, clockRate: Int, channels: Int = 1) {
        self.name = name
        self.clockRate = clockRate
        self.channels = channels
    }

    /// From `opus/48000/2`.
    init?(_ text: Substring) {
        let parts = text.trimmed.fields("/")
        guard 2...3 ~= parts.count, parts[0].isToken(1...64), let clockRate = parts[1].number(Int.self),
            1...10_000_000 ~= clockRate
        else { return nil }
        var channels = 1
        if parts.count == 3 {
            guard let count = parts[2].number(Int.self), 1...255 ~= count else { return nil }
            channels = count
        }
        self.init(name: String(parts[0]), clockRate: clockRate, channels: channels)
    }

    /// Those of RFC 3551 §6 that browsers still offer; an offer may leave out their `rtpmap`.
    static let fixed: [Int: RTPMap] = [
        0: RTPMap(name: "PCMU", clockRate: 8_000),
        8: RTPMap(name: "PCMA", clockRate: 8_000),
        9: RTPMap(name: "G722", clockRate: 8_000),
        13: RTPMap(name: "CN", clockRate: 8_000),
    ]
}

/// The parameters of `a=fmtp`, in the order given.
package struct FormatParameters: Hashable, Sendable, ExpressibleByDictionaryLiteral {
    /// A parameter without a value, such as `111/111` of RED, is a name alone.
    package struct Parameter: Hashable, Sendable {
        package var name: String
        package var value: String?

        package init(name: String, value: String? = nil) {
            self.name = name
            self.value = value
        }
    }

    package var list: [Parameter] = []

    package init() {}

    package init(dictionaryLiteral elements: (String, String)...) {
        list = elements.map { Parameter(name: $0.0, value: $0.1) }
    }

    init(_ text: Substring) {
        list = text.fields(";").compactMap { field in
            let field = field.trimmed
            guard !field.isEmpty else { return nil }
            let (name, value) = field.cut("=")
            return Parameter(name: String(name.trimmed), value: value.map { String($0.trimmed) })
        }
    }

    /// The value of the first parameter of that name, in any case. Setting nil removes it.
    package subscript(_ name: String) -> String? {
        get { list.first { $0.name.lowercased() == name.lowercased() }?.value }
        set {
            let index = list.firstIndex { $0.name.lowercased() == name.lowercased() }
            switch (index, newValue) {
            case (let index?, let value?): list[index].value = value
            case (let index?, nil): list.remove(at: index)
            case (nil, let value?): list.append(Parameter(name: name, value: value))
            case (nil, nil): break
            }
        }
    }

    /// A value that is a whole number.
    package func number(_ name: String) -> Int? { self[name].flatMap { $0[...].number(Int.self) } }
    /// Whether a parameter is `1`.
    package func isSet(_ name: String) -> Bool { self[name] == "1" }

    package var text: String {
        list.map { parameter in
            parameter.value.map { "\(parameter.name)=\($0)" } ?? parameter.name
        }.joined(separator: ";")
    }
}

/// One kind of RTCP feedback (RFC 4585 §4.2): `nack`, `nack pli`, …
package struct RTCPFeedback: Hashable, Sendable {
    package let text: String
    package init(_ text: String) { self.text = text }

    package static let nack = RTCPFeedback("nack")
    package static let pictureLoss = RTCPFeedback("nack pli")
    package static let fullIntraRequest = RTCPFeedback("ccm fir")
    package static let maximumBitrate = RTCPFeedback("goog-remb")
    package static let transportWide = RTCPFeedback("transport-cc")
}

/// `a=extmap`: the number under which a header extension travels (RFC 8285 §5).
package struct HeaderExtension: Hashable, Sendable {
    package var id: Int
    package var direction: Direction?
    package var uri: String
    package var configuration: String?

    package init(_ id: Int, _ uri: String, direction: Direction? = nil) {
        self.id = id
        self.uri = uri
        self.direction = direction
    }

    init?(_ text: Substring) {
        let fields = text.fields()
        guard fields.count >= 2 else { return nil }
        let (number, way) = fields[0].cut("/")
        // 4096 and up are for offers with more extensions than one-byte headers can number.
        guard let id = number.number(Int.self), 1...255 ~= id || 4_096...4_351 ~= id else { return nil }
        self.init(id, String(fields[1]))
        if let way {
            guard let direction = Direction(rawValue: String(way)) else { return nil }
            self.direction = direction
        }
        if fields.count > 2 { configuration = fields[2...].joined(separator: " ") }
    }

    var text: String {
        let number = direction.map { "\(id)/\($0.rawValue)" } ?? String(id)
        return configuration.map { "\(number) \(uri) \($0)" } ?? "\(number) \(uri)"
    }
}
