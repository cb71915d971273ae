import Glibc
import Logging
import Primitives

/// Writes the human-readable log to standard error, or JSON lines, or, while a TUI owns the terminal, to nowhere.
package struct StandardErrorLogHandler: LogHandler {
    package enum Format: Sendable {
        case text
        case json
    }

    package var logLevel: Logger.Level
    package var metadata: Logger.Metadata = [:]
    private let label: String
    private let format: Format

    /// While set, nothing is written: the terminal belongs to the TUI.
    package static let silenced = AtomicFlag()

    package init(label: String, level: Logger.Level, format: Format) {
        self.label = label
        self.format = format
        logLevel = level
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        guard !Self.silenced.isSet else { return }
        let merged = metadata.merging(event.metadata ?? [:]) { $1 }
        let fields = merged.sorted { $0.key < $1.key }.map { ($0.key, "\($0.value)") }
        write(line(level: event.level, message: "\(event.message)", fields: fields) + "\n")
    }

    private func line(level: Logger.Level, message: String, fields: [(String, String)]) -> String {
        let safe = message.controlCharactersVisible
        switch format {
        case .text:
            let tail = fields.map { " \($0)=\($1.controlCharactersVisible)" }.joined()
            let text = "\(label): \(safe)\(tail)"
            if ServiceManager.logsToJournal { return "<\(level.priority)>\(text)" }
            return "\(Clock.timestamp()) \(level.rawValue) \(text)"
        case .json:
            let members =
                [("time", Clock.timestamp()), ("level", level.rawValue), ("label", label), ("message", message)]
                + fields
            return "{" + members.map { "\(Self.quote($0)):\(Self.quote($1))" }.joined(separator: ",") + "}"
        }
    }

    private static func quote(_ text: String) -> String {
        var out = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": out += "\\\""
            case "\\": out += "\\\\"
            default:
                if scalar.value < 0x20 {
                    let digits = String(scalar.value, radix: 16)
                    out += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
                } else {
                    out.unicodeScalars.append(scalar)
                }
            }
        }
        return out + "\""
    }
}

extension Logger.Level {
    /// The priority as syslog and the journal count it (sd-daemon(3)).
    fileprivate var priority: Int {
        switch self {
        case .trace, .debug: 7
        case .info: 6
        case .notice: 5
        case .warning: 4
        case .error: 3
        case .critical: 2
        }
    }
}

/// Writes all of `text` to standard error, whatever the kernel takes at a time.
private func write(_ text: String) {
    writeAll([UInt8](text.utf8), to: STDERR_FILENO)
}

/// Writes every byte, or says false where the other end is gone.
@discardableResult
package func writeAll(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
    var offset = 0
    while offset < bytes.count {
        let written = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress! + offset, bytes.count - offset) }
        if written > 0 {
            offset += written
        } else if errno == EAGAIN {
            var poll = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            Glibc.poll(&poll, 1, 1_000)
        } else if errno != EINTR {
            return false
        }
    }
    return true
}
