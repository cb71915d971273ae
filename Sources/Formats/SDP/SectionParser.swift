import Primitives

/// Takes the lines of one media section. What is said of a payload type is gathered and joined at the end, since
/// `fmtp` and `rtcp-fb` may stand before `rtpmap`.
struct SectionParser {
    let line: Int
    private let sourceLimit: Int
    private var section: MediaSection
    private var transport = TransportParser()
    private var maps: [PayloadType: RTPMap] = [:]
    private var parameters: [PayloadType: FormatParameters] = [:]
    private var feedback: [PayloadType: [RTCPFeedback]] = [:]

    /// From an `m=` line: kind, port, transport, formats (RFC 8866 §5.14).
    init(_ line: Line, sourceLimit: Int) throws(SDPError.Reason) {
        let fields = line.value.fields()
        guard fields.count >= 4, let port = fields[1].cut("/").head.number(UInt16.self) else { throw .malformed("m=") }
        self.line = line.number
        self.sourceLimit = sourceLimit
        section = MediaSection(
            kind: MediaKind(String(fields[0])), transport: String(fields[2]), formats: fields[3...].map(String.init))
        section.port = Int(port)
    }

    mutating func takeConnection(_ value: Substring) { section.connection = String(value) }
    mutating func takeBandwidth(_ value: Substring) { section.bandwidths.append(String(value)) }

    mutating func take(_ name: String, _ value: Substring?) throws(SDPError.Reason) {
        if try transport.take(name, value) { return }
        if takeFlag(name) { return }
        guard let value else {
            section.others.append(Attribute(name))
            return
        }
        if try takeCodec(name, value) { return }
        if try takeStream(name, value) { return }
        try takeOther(name, value)
    }

    private mutating func takeFlag(_ name: String) -> Bool {
        switch name {
        case "sendrecv", "sendonly", "recvonly", "inactive": section.direction = Direction(rawValue: name)
        case "bundle-only": section.isBundleOnly = true
        case "end-of-candidates": section.hasEndOfCandidates = true
        case "rtcp-mux": section.multiplexesRTCP = true
        case "rtcp-rsize": section.allowsReducedSizeRTCP = true
        case "extmap-allow-mixed": section.allowsMixedExtensionHeaders = true
        default: return false
        }
        return true
    }

    private mutating func takeCodec(_ name: String, _ value: Substring) throws(SDPError.Reason) -> Bool {
        switch name {
        case "rtpmap":
            let (type, text) = try payloadType(name, value)
            guard maps.updateValue(try required(name, RTPMap(text)), forKey: type) == nil else {
                throw .duplicate(name)
            }
        case "fmtp":
            // A data channel of old carries its port here; it has no payload type.
            guard section.isRTP else { return false }
            let (type, text) = try payloadType(name, value)
            parameters[type, default: FormatParameters()].list += FormatParameters(text).list
        case "rtcp-fb": try takeFeedback(value)
        case "extmap": section.extensions.append(try required(name, HeaderExtension(value)))
        case "ptime": section.packetMilliseconds = try required(name, value.number(Int.self))
        case "maxptime": section.maximumPacketMilliseconds = try required(name, value.number(Int.self))
        default: return false
        }
        return true
    }

    private mutating func takeFeedback(_ value: Substring) throws(SDPError.Reason) {
        let (target, kind) = value.cut(" ")
        let words = (kind ?? "").fields()
        guard !words.isEmpty else { throw .malformed("rtcp-fb") }
        let one = RTCPFeedback(words.joined(separator: " "))
        if target == "*" {
            try add(one, to: &section.commonFeedback)
        } else {
            try add(one, to: &feedback[try payloadType("rtcp-fb", value).0, default: []])
        }
    }

    /// Lists that are compared with each other later must be short.
    private func add(_ one: RTCPFeedback, to list: inout [RTCPFeedback]) throws(SDPError.Reason) {
        guard list.count < 64 else { throw .tooManyLines }
        list.append(one)
    }

    private mutating func takeStream(_ name: String, _ value: Substring) throws(SDPError.Reason) -> Bool {
        switch name {
        case "msid": section.streams.append(try required(name, MediaStreamID(value)))
        case "ssrc": try takeSource(value)
        case "ssrc-group": section.sourceGroups.append(try required(name, SourceGroup(value)))
        case "rid": section.rids.append(try required(name, RestrictionID(value)))
        case "simulcast": section.simulcast = try required(name, Simulcast(value))
        default: return false
        }
        return true
    }

    private mutating func takeSource(_ value: Substring) throws(SDPError.Reason) {
        let (number, rest) = value.cut(" ")
        let ssrc = SSRC(try required("ssrc", number.number(UInt32.self)))
        let (name, text) = (rest ?? "").cut(":")
        let attribute = name.isEmpty ? [] : [Attribute(String(name), text.map(String.init))]
        if let index = section.sources.firstIndex(where: { $0.ssrc == ssrc }) {
            section.sources[index].attributes += attribute
        } else {
            guard section.sources.count < sourceLimit else { throw .tooManySources }
            section.sources.append(SourceDescription(ssrc, attribute))
        }
    }

    private mutating func takeOther(_ name: String, _ value: Substring) throws(SDPError.Reason) {
        switch name {
        case "mid":
            guard section.mid == nil else { throw .duplicate(name) }
            guard value.isToken(1...128) else { throw .malformed(name) }
            section.mid = String(value)
        case "candidate": try takeCandidate(value)
        case "sctp-port": section.sctpPort = Int(try required(name, value.number(UInt16.self)))
        case "max-message-size": section.maximumMessageSize = try required(name, value.number(Int.self))
        default: section.others.append(Attribute(name, String(value)))
        }
    }

    private mutating func takeCandidate(_ value: Substring) throws(SDPError.Reason) {
        do {
            section.candidates.append(try ICECandidate("candidate:" + value))
        } catch {
            guard error == .unsupported else { throw .malformed("candidate") }
            section.others.append(Attribute("candidate", String(value)))
        }
    }

    private func payloadType(_ name: String, _ value: Substring) throws(SDPError.Reason) -> (PayloadType, Substring) {
        let (number, rest) = value.cut(" ")
        guard let type = number.number(Int.self).flatMap({ PayloadType($0) }), let rest else { throw .malformed(name) }
        return (type, rest)
    }

    mutating func finish() throws(SDPError.Reason) -> MediaSection {
        section.attributes = try transport.finish()
        guard section.isRTP else { return section }
        var seen = Set<PayloadType>()
        for format in section.formats {
            guard let number = format[...].number(Int.self), let type = PayloadType(number) else {
                throw .malformed("m=")
            }
            guard seen.insert(type).inserted, let map = maps[type] ?? RTPMap.fixed[number] else { continue }
            section.codecs.append(
                RTPCodec(
                    type, map.name, clockRate: map.clockRate, channels: map.channels,
                    parameters: parameters[type] ?? FormatParameters(), feedback: feedback[type] ?? []))
        }
        return section
    }
}
