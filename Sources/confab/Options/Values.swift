import Engine
import ArgumentParser
import ICE
import Logging
import Media
import Primitives

extension PixelSize: ExpressibleByArgument {
    public init?(argument: String) { self.init(parsing: argument) }
    public var defaultValueDescription: String { description }
}

extension CallMode: ExpressibleByArgument {}
extension ICEPolicy: ExpressibleByArgument {}
extension Logger.Level: @retroactive ExpressibleByArgument {}

extension DurationValue: CustomStringConvertible {
    var description: String { "\(duration.milliseconds)ms" }

    static let zero = DurationValue(argument: "0s")!  // a literal that parses
}

/// A length of time as people write it: `90s`, `5m`, `1h`, `250ms`; a bare number is seconds.
struct DurationValue: ExpressibleByArgument {
    let duration: Duration

    init?(argument: String) {
        let digits = argument.prefix { $0.isNumber || $0 == "." }
        guard let value = Double(digits), value >= 0, value < 1e8 else { return nil }
        let scales = ["": 1.0, "ms": 0.001, "s": 1, "m": 60, "h": 3_600]
        guard let scale = scales[String(argument.dropFirst(digits.count))] else { return nil }
        duration = Duration(seconds: value * scale)
    }
}

/// Bits a second: `1M`, `800k`, `64000`.
struct RateValue: ExpressibleByArgument {
    let bitrate: Bitrate

    init?(argument: String) {
        let digits = argument.prefix { $0.isNumber || $0 == "." }
        let scales = ["": 1.0, "k": 1_000, "K": 1_000, "M": 1_000_000]
        guard let value = Double(digits), let scale = scales[String(argument.dropFirst(digits.count))],
            1_000...1e9 ~= value * scale
        else { return nil }
        bitrate = Bitrate(bitsPerSecond: Int(value * scale))
    }

    init(_ bitrate: Bitrate) { self.bitrate = bitrate }

    var defaultValueDescription: String {
        bitrate.bitsPerSecond % 1_000_000 == 0
            ? "\(bitrate.bitsPerSecond / 1_000_000)M" : "\(bitrate.kilobitsPerSecond)k"
    }
}

/// When the microphone is open.
enum TalkMode: String, ExpressibleByArgument, CaseIterable {
    case open
    /// Muted, but for while a key is held or a controller says `unmute`.
    case push
    case voice
}

/// Where events go: `none`, `json` (standard output), `json:3` (a descriptor), `json:FILE`.
enum EventsValue: ExpressibleByArgument, Equatable {
    case none
    case standardOutput
    case descriptor(Int32)
    case file(String)

    init?(argument: String) {
        switch argument {
        case "none": self = .none
        case "json": self = .standardOutput
        default:
            guard argument.hasPrefix("json:"), argument.count > 5 else { return nil }
            let target = String(argument.dropFirst(5))
            self = Int32(target).map { $0 == 1 ? .standardOutput : .descriptor($0) } ?? .file(target)
        }
    }
}
