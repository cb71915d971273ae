import Primitives

extension SessionDescription {
    /// The description as text, lines ending in CRLF, attributes in the order browsers use.
    package var text: String {
        var out = LineWriter()
        out.line("v", "0")
        out.line("o", "\(origin.username) \(origin.sessionID) \(origin.version) \(origin.address)")
        out.line("s", name)
        out.line("t", "0 0")
        for group in groups { out.attribute("group", ([group.semantics] + group.mids).joined(separator: " ")) }
        out.flag("ice-lite", isICELite)
        out.flag("extmap-allow-mixed", allowsMixedExtensionHeaders)
        out.write(attributes)
        for one in extensions { out.attribute("extmap", one.text) }
        if let direction { out.flag(direction.rawValue) }
        out.write(others)
        for section in media { section.write(to: &out) }
        return out.text
    }
}

extension MediaSection {
    fileprivate func write(to out: inout LineWriter) {
        out.line("m", ([kind.name, String(port), transport] + formats).joined(separator: " "))
        out.line("c", connection)
        for bandwidth in bandwidths { out.line("b", bandwidth) }
        for candidate in candidates { out.line("a", candidate.text) }
        out.flag("end-of-candidates", hasEndOfCandidates)
        out.write(attributes)
        if let mid { out.attribute("mid", mid) }
        out.flag("bundle-only", isBundleOnly)
        out.flag("extmap-allow-mixed", allowsMixedExtensionHeaders)
        for one in extensions { out.attribute("extmap", one.text) }
        if let direction { out.flag(direction.rawValue) }
        for stream in streams { out.attribute("msid", stream.text) }
        out.flag("rtcp-mux", multiplexesRTCP)
        out.flag("rtcp-rsize", allowsReducedSizeRTCP)
        writeCodecs(to: &out)
        writeSources(to: &out)
        if let sctpPort { out.attribute("sctp-port", String(sctpPort)) }
        if let maximumMessageSize { out.attribute("max-message-size", String(maximumMessageSize)) }
        out.write(others)
    }

    private func writeCodecs(to out: inout LineWriter) {
        for codec in codecs {
            let channels = codec.channels > 1 ? "/\(codec.channels)" : ""
            out.attribute("rtpmap", "\(codec.payloadType) \(codec.name)/\(codec.clockRate)\(channels)")
            for feedback in codec.feedback { out.attribute("rtcp-fb", "\(codec.payloadType) \(feedback.text)") }
            if !codec.parameters.list.isEmpty { out.attribute("fmtp", "\(codec.payloadType) \(codec.parameters.text)") }
        }
        for feedback in commonFeedback { out.attribute("rtcp-fb", "* \(feedback.text)") }
        if let packetMilliseconds { out.attribute("ptime", String(packetMilliseconds)) }
        if let maximumPacketMilliseconds { out.attribute("maxptime", String(maximumPacketMilliseconds)) }
    }

    private func writeSources(to out: inout LineWriter) {
        for group in sourceGroups { out.attribute("ssrc-group", group.text) }
        for source in sources {
            if source.attributes.isEmpty { out.attribute("ssrc", source.ssrc.description) }
            for attribute in source.attributes {
                out.attribute("ssrc", "\(source.ssrc) \(attribute.text)")
            }
        }
        for rid in rids { out.attribute("rid", rid.text) }
        if let simulcast { out.attribute("simulcast", simulcast.text) }
    }
}

extension Attribute {
    fileprivate var text: String { value.map { "\(name):\($0)" } ?? name }
}

/// Gathers lines.
private struct LineWriter {
    private(set) var text = ""

    mutating func line(_ type: String, _ value: String) {
        text += "\(type)=\(value)\r\n"
    }

    mutating func attribute(_ name: String, _ value: String) { line("a", "\(name):\(value)") }

    mutating func flag(_ name: String, _ isSet: Bool = true) {
        if isSet { line("a", name) }
    }

    mutating func write(_ attributes: [Attribute]) {
        for attribute in attributes { line("a", attribute.text) }
    }

    mutating func write(_ attributes: TransportAttributes) {
        if let credentials = attributes.credentials {
            attribute("ice-ufrag", credentials.ufrag)
            attribute("ice-pwd", credentials.password)
        }
        if !attributes.iceOptions.isEmpty { attribute("ice-options", attributes.iceOptions.joined(separator: " ")) }
        for fingerprint in attributes.fingerprints { attribute("fingerprint", fingerprint.text) }
        if let setup = attributes.setup { attribute("setup", setup.rawValue) }
    }
}
