import Glibc
import Media
import Primitives
import Runtime

/// Tries real devices by the code that calls use, and prints what it measured as one JSON object a line.
///
///     device-probe camera /dev/video0 640x360 30 5          frames of five seconds
///     device-probe unplug /dev/video0 COMMAND COMMAND       the first unplugs it, the second plugs it in again
///     device-probe tone hw:Loopback,0,0 hw:Loopback,1,0 5   plays a tone there, records it here
///     device-probe devices                                  what `confab devices` lists
@main
enum Probe {
    static func main() {
        let words = Array(CommandLine.arguments.dropFirst())
        switch (words.first, words.count) {
        case ("camera", 5): CameraProbe.run(words[1], words[2], Int(words[3]) ?? 30, seconds: Int64(words[4]) ?? 5)
        case ("unplug", 4): CameraProbe.unplug(words[1], by: words[2], again: words[3])
        case ("tone", 4): ToneProbe.run(speaker: words[1], microphone: words[2], seconds: Int(words[3]) ?? 5)
        case ("devices", 1): DeviceProbe.list()
        default:
            Report.line(["error": .text("usage: device-probe camera|unplug|tone|devices …")])
            exit(64)
        }
    }
}

/// One line of JSON.
enum Report {
    enum Value {
        case text(String), number(Double), list([String])

        var json: String {
            switch self {
            case .text(let text): Report.quoted(text)
            case .number(let value): "\((value * 100).rounded() / 100)"
            case .list(let texts): "[" + texts.map(Report.quoted).joined(separator: ",") + "]"
            }
        }
    }

    static func line(_ fields: KeyValuePairs<String, Value>) {
        print("{" + fields.map { "\(quoted($0.key)):\($0.value.json)" }.joined(separator: ",") + "}")
        fflush(nil)
    }

    fileprivate static func quoted(_ text: String) -> String {
        let escaped = text.map { "\"\\".contains($0) ? "\\\($0)" : String($0) }.joined()
        return "\"\(escaped.controlCharactersVisible)\""
    }
}
