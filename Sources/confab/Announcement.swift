import Glibc
import Runtime
import Server

/// What `serve` and `host` tell people on standard error, which is never mixed with what was asked for.
enum Announcement {
    static func serving(_ server: ConfabServer, links: [String]) {
        var lines = ["confab serves \(server.listening.url)"]
        lines += links.map { "  join with: confab join '\($0)'" }
        if server.isOpen { lines.append("  anyone who reaches this address may join any room") }
        if server.listening.fingerprint != nil {
            lines.append(
                "  browsers ask once whether to trust its self-signed certificate; confab checks it by the link")
        } else if !server.listening.local.isLoopback || server.listening.addresses.contains(where: { !$0.isLoopback }) {
            lines.append("  browsers give no camera or microphone without https: use --tls auto or --tls-cert")
        }
        say(lines)
    }

    static func hosting(_ links: [String], isSecure: Bool) {
        var lines = ["Invite others with this link; it opens in a browser and in `confab join`:"]
        lines += links.map { "  \($0)" }
        if isSecure { lines.append("A browser asks once whether to trust the self-signed certificate.") }
        say(lines)
    }

    private static func say(_ lines: [String]) {
        writeAll(Array((lines.joined(separator: "\n") + "\n").utf8), to: STDERR_FILENO)
    }
}
