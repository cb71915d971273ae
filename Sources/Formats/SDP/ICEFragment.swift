import Primitives

/// A piece of a description that carries only what ICE needs: candidates that were found later, or the credentials of a
/// restart (`application/trickle-ice-sdpfrag`, RFC 8840 §9; WHIP uses it, RFC 9725 §4.3).
package struct ICEFragment: Hashable, Sendable {
    package var credentials: ICECredentials?
    package var candidates: [ICECandidate] = []
    package var hasEndOfCandidates = false
    /// The section that speaks for the bundle.
    package var mid: String?

    package init() {}

    private static let limits = SessionDescription.Limits(bytes: 32_768, lines: 512, sections: 1, sourcesPerSection: 1)

    /// Candidates of kinds that are not known are left out; what has nothing to do with ICE is skipped.
    package init(parsing text: String) throws(SDPError) {
        var ufrag: String?
        var password: String?
        for line in try Line.split(text, limits: Self.limits) where line.type == UInt8(ascii: "a") {
            let (name, value) = line.value.cut(":")
            switch (name, value) {
            case ("ice-ufrag", let value?): ufrag = ufrag ?? String(value)
            case ("ice-pwd", let value?): password = password ?? String(value)
            case ("mid", let value?): mid = mid ?? String(value)
            case ("end-of-candidates", _): hasEndOfCandidates = true
            case ("candidate", let value?):
                if let candidate = try? ICECandidate("candidate:" + value) { candidates.append(candidate) }
            default: break
            }
        }
        guard let ufrag, let password else { return }
        credentials = ICECredentials(ufrag: ufrag, password: password)
        guard credentials != nil else { throw SDPError(line: 0, .malformed("ice-ufrag")) }
    }

    package var text: String {
        var out = ""
        if let credentials {
            out += "a=ice-ufrag:\(credentials.ufrag)\r\na=ice-pwd:\(credentials.password)\r\n"
        }
        if mid != nil || !candidates.isEmpty {
            out += "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\n"
            out += "a=mid:\(mid ?? "0")\r\n"
        }
        for candidate in candidates { out += "a=\(candidate.text)\r\n" }
        if hasEndOfCandidates { out += "a=end-of-candidates\r\n" }
        return out
    }
}
