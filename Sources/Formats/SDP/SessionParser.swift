import Primitives

extension SessionDescription {
    /// Reads a description. Lines may end in CRLF or LF; unknown lines are skipped, unknown attributes kept.
    package init(parsing text: String, limits: Limits = Limits()) throws(SDPError) {
        var parser = SessionParser(limits: limits)
        for line in try Line.split(text, limits: limits) {
            do {
                try parser.take(line)
            } catch {
                throw SDPError(line: line.number, error)
            }
        }
        self = try parser.finish()
    }
}

/// Takes the lines of a description one by one.
struct SessionParser {
    private let limits: SessionDescription.Limits
    private var description = SessionDescription()
    private var transport = TransportParser()
    private var section: SectionParser?
    private var sawVersion = false
    private var sawOrigin = false

    init(limits: SessionDescription.Limits) { self.limits = limits }

    mutating func take(_ line: Line) throws(SDPError.Reason) {
        guard sawVersion || line.type == UInt8(ascii: "v") else { throw .missing("v=") }
        switch line.type {
        case UInt8(ascii: "v"): try takeVersion(line.value)
        case UInt8(ascii: "o"): try takeOrigin(line.value)
        case UInt8(ascii: "s"): description.name = String(line.value)
        case UInt8(ascii: "m"): try takeMedia(line)
        case UInt8(ascii: "a"): try takeAttribute(line.value)
        case UInt8(ascii: "c"): section?.takeConnection(line.value)
        case UInt8(ascii: "b"): section?.takeBandwidth(line.value)
        default: break
        }
    }

    mutating func finish() throws(SDPError) -> SessionDescription {
        guard sawVersion else { throw SDPError(line: 0, .missing("v=")) }
        guard sawOrigin else { throw SDPError(line: 0, .missing("o=")) }
        try closeSection()
        do {
            description.attributes = try transport.finish()
        } catch {
            throw SDPError(line: 0, error)
        }
        return description
    }

    private mutating func takeVersion(_ value: Substring) throws(SDPError.Reason) {
        guard !sawVersion else { throw .duplicate("v=") }
        guard value == "0" else { throw .malformed("v=") }
        sawVersion = true
    }

    private mutating func takeOrigin(_ value: Substring) throws(SDPError.Reason) {
        let fields = value.fields()
        guard fields.count == 6, let sessionID = fields[1].number(UInt64.self),
            let version = fields[2].number(UInt64.self)
        else { throw .malformed("o=") }
        description.origin.username = String(fields[0])
        description.origin.sessionID = sessionID
        description.origin.version = version
        description.origin.address = fields[3...].joined(separator: " ")
        sawOrigin = true
    }

    private mutating func takeMedia(_ line: Line) throws(SDPError.Reason) {
        do {
            try closeSection()
        } catch {
            throw error.reason
        }
        guard description.media.count < limits.sections else { throw .tooManySections }
        section = try SectionParser(line, sourceLimit: limits.sourcesPerSection)
    }

    private mutating func closeSection() throws(SDPError) {
        guard var open = section else { return }
        section = nil
        do {
            let closed = try open.finish()
            if let mid = closed.mid, description.section(mid: mid) != nil { throw SDPError.Reason.duplicate("mid") }
            description.media.append(closed)
        } catch let reason as SDPError.Reason {
            throw SDPError(line: open.line, reason)
        } catch {
            throw SDPError(line: open.line, .malformedLine)
        }
    }

    private mutating func takeAttribute(_ text: Substring) throws(SDPError.Reason) {
        let (name, value) = text.cut(":")
        guard name.isToken(1...64) else { throw .malformedLine }
        if section != nil {
            try section?.take(String(name), value)
        } else {
            try takeSessionAttribute(String(name), value)
        }
    }

    private mutating func takeSessionAttribute(_ name: String, _ value: Substring?) throws(SDPError.Reason) {
        if try transport.take(name, value) { return }
        switch name {
        case "group": description.groups.append(try group(value))
        case "ice-lite": description.isICELite = true
        case "extmap-allow-mixed": description.allowsMixedExtensionHeaders = true
        case "extmap": description.extensions.append(try required(name, value.flatMap(HeaderExtension.init)))
        case "sendrecv", "sendonly", "recvonly", "inactive": description.direction = Direction(rawValue: name)
        default: description.others.append(Attribute(name, value.map(String.init)))
        }
    }

    private func group(_ value: Substring?) throws(SDPError.Reason) -> SessionDescription.Group {
        guard let fields = value?.fields(), let semantics = fields.first else { throw .malformed("group") }
        return .init(String(semantics), fields.dropFirst().map(String.init))
    }
}

/// The value, or that the named attribute is malformed.
func required<T>(_ name: String, _ value: T?) throws(SDPError.Reason) -> T {
    guard let value else { throw .malformed(name) }
    return value
}

/// Takes the attributes that a session and a section have in common.
struct TransportParser {
    private var attributes = TransportAttributes()
    private var ufrag: String?
    private var password: String?

    /// False where the attribute is none of these.
    mutating func take(_ name: String, _ value: Substring?) throws(SDPError.Reason) -> Bool {
        switch name {
        case "ice-ufrag": ufrag = String(try required(name, value))
        case "ice-pwd": password = String(try required(name, value))
        case "ice-options": attributes.iceOptions = try required(name, value).fields().map(String.init)
        case "fingerprint": try takeFingerprint(try required(name, value))
        case "setup": attributes.setup = try required(name, value.flatMap { SetupRole(rawValue: String($0)) })
        default: return false
        }
        return true
    }

    private mutating func takeFingerprint(_ value: Substring) throws(SDPError.Reason) {
        let fingerprint = try required("fingerprint", Fingerprint(value))
        guard attributes.fingerprints.count < 16 else { throw .tooManyLines }
        if !attributes.fingerprints.contains(fingerprint) { attributes.fingerprints.append(fingerprint) }
    }

    func finish() throws(SDPError.Reason) -> TransportAttributes {
        var finished = attributes
        switch (ufrag, password) {
        case (nil, nil): break
        case (nil, _?): throw .missing("ice-ufrag")
        case (_?, nil): throw .missing("ice-pwd")
        case (let ufrag?, let password?):
            finished.credentials = try required("ice-ufrag", ICECredentials(ufrag: ufrag, password: password))
        }
        return finished
    }
}
