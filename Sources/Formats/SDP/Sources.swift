import Primitives

/// `a=msid`: the media stream and track that a section carries (RFC 8830 §2).
package struct MediaStreamID: Hashable, Sendable {
    /// `-` where the track belongs to no stream.
    package var stream: String
    package var track: String?

    package init(stream: String, track: String? = nil) {
        self.stream = stream
        self.track = track
    }

    init?(_ text: Substring) {
        let fields = text.fields()
        guard 1...2 ~= fields.count else { return nil }
        self.init(stream: String(fields[0]), track: fields.count == 2 ? String(fields[1]) : nil)
    }

    var text: String { track.map { "\(stream) \($0)" } ?? stream }
}

/// The `a=ssrc` lines of one source (RFC 5576 §4.1).
package struct SourceDescription: Hashable, Sendable {
    package var ssrc: SSRC
    package var attributes: [Attribute]

    package init(_ ssrc: SSRC, _ attributes: [Attribute] = []) {
        self.ssrc = ssrc
        self.attributes = attributes
    }

    package var cname: String? { self["cname"] }
    package var stream: MediaStreamID? { self["msid"].flatMap { MediaStreamID($0[...]) } }

    private subscript(_ name: String) -> String? {
        attributes.first { $0.name == name }?.value
    }
}

/// `a=ssrc-group` (RFC 5576 §4.2): `FID` pairs a source with its retransmissions, `SIM` lists the layers of a simulcast.
package struct SourceGroup: Hashable, Sendable {
    package var semantics: String
    package var sources: [SSRC]

    package init(_ semantics: String, _ sources: [SSRC]) {
        self.semantics = semantics
        self.sources = sources
    }

    init?(_ text: Substring) {
        let fields = text.fields()
        guard let semantics = fields.first else { return nil }
        self.semantics = String(semantics)
        sources = []
        for field in fields.dropFirst() {
            guard let value = field.number(UInt32.self) else { return nil }
            sources.append(SSRC(value))
        }
    }

    var text: String { ([semantics] + sources.map(\.description)).joined(separator: " ") }
}

/// `a=rid`: a name for one encoding, with what restricts it (RFC 8851 §4).
package struct RestrictionID: Hashable, Sendable {
    package enum Way: String, Hashable, Sendable { case send, recv }

    package var id: String
    package var way: Way
    package var restrictions: FormatParameters

    package init(_ id: String, _ way: Way, restrictions: FormatParameters = FormatParameters()) {
        self.id = id
        self.way = way
        self.restrictions = restrictions
    }

    init?(_ text: Substring) {
        let fields = text.fields()
        guard fields.count >= 2, Self.isValid(fields[0]), let way = Way(rawValue: String(fields[1])) else { return nil }
        self.init(String(fields[0]), way)
        if fields.count > 2 { restrictions = FormatParameters(fields[2...].joined(separator: " ")[...]) }
    }

    /// Letters and digits; browsers write `-` and `_` as well.
    static func isValid(_ id: Substring) -> Bool {
        id.isToken(1...32)
            && !id.utf8.contains { $0 == UInt8(ascii: "~") || $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: ";") }
    }

    var text: String {
        restrictions.list.isEmpty ? "\(id) \(way.rawValue)" : "\(id) \(way.rawValue) \(restrictions.text)"
    }
}

/// `a=simulcast`: which encodings of one picture are sent or wished for (RFC 8853 §5.1).
package struct Simulcast: Hashable, Sendable {
    package struct Alternative: Hashable, Sendable {
        package var rid: String
        package var isPaused: Bool
        package init(_ rid: String, isPaused: Bool = false) {
            self.rid = rid
            self.isPaused = isPaused
        }
    }

    /// Simulcast streams in order of preference, each with its alternatives.
    package var send: [[Alternative]]
    package var receive: [[Alternative]]

    package init(send: [[Alternative]] = [], receive: [[Alternative]] = []) {
        self.send = send
        self.receive = receive
    }

    init?(_ text: Substring) {
        let fields = text.fields()
        guard fields.count == 2 || fields.count == 4 else { return nil }
        self.init()
        for index in stride(from: 0, to: fields.count, by: 2) {
            guard let list = Self.streams(fields[index + 1]) else { return nil }
            switch fields[index] {
            case "send" where send.isEmpty: send = list
            case "recv" where receive.isEmpty: receive = list
            default: return nil
            }
        }
    }

    private static func streams(_ text: Substring) -> [[Alternative]]? {
        var streams: [[Alternative]] = []
        for stream in text.fields(";") {
            var alternatives: [Alternative] = []
            for field in stream.fields(",") {
                let isPaused = field.utf8.first == UInt8(ascii: "~")
                let rid = isPaused ? Substring(field.utf8.dropFirst()) : field
                guard RestrictionID.isValid(rid) else { return nil }
                alternatives.append(Alternative(String(rid), isPaused: isPaused))
            }
            guard !alternatives.isEmpty else { return nil }
            streams.append(alternatives)
        }
        return streams.isEmpty ? nil : streams
    }

    var text: String {
        var parts: [String] = []
        if !send.isEmpty { parts.append("send " + Self.text(send)) }
        if !receive.isEmpty { parts.append("recv " + Self.text(receive)) }
        return parts.joined(separator: " ")
    }

    private static func text(_ streams: [[Alternative]]) -> String {
        streams.map { stream in
            stream.map { $0.isPaused ? "~\($0.rid)" : $0.rid }.joined(separator: ",")
        }.joined(separator: ";")
    }
}
