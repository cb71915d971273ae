/// The `Link` header (RFC 8288), as far as WHIP and WHEP use it: each link with `rel="ice-server"` names a STUN or TURN
/// server (RFC 9725 §4.6).
package enum LinkHeader {
    /// The servers of all values of the header; links of other kinds and what makes no sense are left out.
    package static func iceServers(_ values: [String]) -> [ICEServer] {
        values.flatMap(links).compactMap { link in
            let relations = link.parameters["rel"]?.lowercased().split(separator: " ") ?? []
            guard relations.contains("ice-server"), !link.target.isEmpty else { return nil }
            return ICEServer(
                urls: [link.target], username: link.parameters["username"], credential: link.parameters["credential"])
        }
    }

    private struct Link {
        var target: String
        var parameters: [String: String] = [:]
    }

    /// One header's value: `<target>; name="value"; name=value, <target>…`.
    private static func links(_ value: String) -> [Link] {
        var links: [Link] = []
        var rest = value[...]
        while let open = rest.firstIndex(of: "<"), let close = rest[open...].firstIndex(of: ">") {
            var link = Link(target: String(rest[rest.index(after: open)..<close]))
            rest = rest[rest.index(after: close)...]
            while let (name, value) = parameter(&rest) { link.parameters[name.lowercased()] = value }
            links.append(link)
        }
        return links
    }

    /// Takes `; name=value` from the front; nil at the end of a link.
    private static func parameter(_ rest: inout Substring) -> (String, String)? {
        skipBlanks(&rest)
        guard rest.first == ";" else { return nil }
        rest.removeFirst()
        skipBlanks(&rest)
        let name = rest.prefix { $0 != "=" && $0 != ";" && $0 != "," && $0 != " " }
        rest = rest[name.endIndex...]
        skipBlanks(&rest)
        guard rest.first == "=" else { return (String(name), "") }
        rest.removeFirst()
        skipBlanks(&rest)
        guard rest.first == "\"" else {
            let value = rest.prefix { $0 != ";" && $0 != "," && $0 != " " }
            rest = rest[value.endIndex...]
            return (String(name), String(value))
        }
        return (String(name), quoted(&rest))
    }

    /// A quoted string (RFC 9110 §5.6.4); one that is not closed ends with the value.
    private static func quoted(_ rest: inout Substring) -> String {
        rest.removeFirst()
        var text = ""
        while let character = rest.popFirst(), character != "\"" {
            text.append(character == "\\" ? rest.popFirst() ?? "\\" : character)
        }
        return text
    }

    private static func skipBlanks(_ rest: inout Substring) { rest = rest.drop { $0 == " " || $0 == "\t" } }
}
