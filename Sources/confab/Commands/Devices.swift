import ArgumentParser
import Devices
import Primitives
import Signalling

struct Devices: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List cameras, microphones and speakers.",
        discussion: """
            The names are those that --camera, --mic and --speaker take.

            EXAMPLES
              confab devices
              confab devices --json
              confab devices --test
              confab devices --test --camera test --mic tone --speaker none --duration 2s
            """)

    @Flag(help: "Try them: show the camera's picture and the microphone's level, and play a tone.")
    var test = false

    @Flag(help: "Print as JSON.")
    var json = false

    @Option(help: ArgumentHelp("Print the names of one kind only, a line each.", valueName: "kind"))
    var names: Kind?

    enum Kind: String, ExpressibleByArgument, CaseIterable {
        case camera, mic, speaker
    }

    @Option(help: ArgumentHelp("The camera to try, as for join.", valueName: "source"))
    var camera = "auto"

    @Option(help: ArgumentHelp("The microphone to try, as for join.", valueName: "source"))
    var mic = "auto"

    @Option(help: ArgumentHelp("The speaker to try, as for join.", valueName: "sink"))
    var speaker = "auto"

    @Option(help: ArgumentHelp("How long to try them.", valueName: "time"))
    var duration = DurationValue(argument: "10s")!  // a literal that parses

    func run() throws {
        if test {
            try endingOnFailure {
                try DeviceTrial(camera: camera, microphone: mic, speaker: speaker).run(for: duration.duration)
            }
            return
        }
        if let names { return printNames(names) }
        if json { return print(Self.inventory.text) }
        list("Cameras", Cameras.list().map { ($0.path, [$0.name] + $0.formats.map(\.summary)) })
        let sound = SoundDevices.list()
        list("Microphones", sound.filter(\.canCapture).map { ($0.name, $0.description + [$0.capture?.summary ?? ""]) })
        list("Speakers", sound.filter(\.canPlay).map { ($0.name, $0.description + [$0.playback?.summary ?? ""]) })
    }

    /// What `--camera`, `--mic` or `--speaker` can be, but for files.
    private func printNames(_ kind: Kind) {
        let names =
            switch kind {
            case .camera: ["auto", "none", "test"] + Cameras.list().map(\.path)
            case .mic:
                ["auto", "none", "tone", "speech", "silence", "-"]
                    + SoundDevices.list().filter(\.canCapture).map(\.name)
            case .speaker: ["auto", "none", "-"] + SoundDevices.list().filter(\.canPlay).map(\.name)
            }
        for name in names { print(name.controlCharactersVisible) }
    }

    private static var inventory: JSON {
        let sound = SoundDevices.list()
        func entry(_ name: String, _ lines: [String]) -> JSON { ["name": .string(name), "about": JSON(lines)] }
        return [
            "cameras": .array(Cameras.list().map { entry($0.path, [$0.name] + $0.formats.map(\.summary)) }),
            "microphones": .array(sound.filter(\.canCapture).map { entry($0.name, $0.description) }),
            "speakers": .array(sound.filter(\.canPlay).map { entry($0.name, $0.description) }),
        ]
    }

    private func list(_ title: String, _ entries: [(name: String, lines: [String])]) {
        print(title)
        if entries.isEmpty { print("  none found") }
        for entry in entries {
            print("  \(entry.name.controlCharactersVisible)")
            for line in entry.lines where !line.isEmpty { print("      \(line.controlCharactersVisible)") }
        }
    }
}

extension CameraFormat {
    fileprivate var summary: String { "\(code): " + modes.map(\.summary).joined(separator: ", ") }
}

extension SoundCapabilities {
    fileprivate var summary: String {
        "\(rates.lowerBound)–\(rates.upperBound) Hz, \(channels.lowerBound)–\(channels.upperBound) channels, "
            + formats.joined(separator: " ")
    }
}

extension CameraMode {
    fileprivate var summary: String {
        let rates = rates.map { String(Int($0.rounded())) }.joined(separator: "/")
        return rates.isEmpty ? "\(size)" : "\(size) at \(rates) fps"
    }
}
