import Glibc
import Primitives
import RoomModel
import VoiceProcessing

/// voice-path FAR.pcm NEAR.pcm OUT.pcm [KEY=VALUE…]: plays FAR in a simulated room in which NEAR is said (both 48 kHz, mono, 16
/// bit, no header, as long), writes what is sent and prints one line of JSON: how much lower than the echo that is once FAR
/// has lasted for two seconds, and the delay that was found. Keys: delay_ms, later_ms (from the middle on), gain_db (of the echo), late_ms (threads, on average),
/// drift_ppm, seed; and echo, noise, gain, rumble (0 leaves that part of voice processing out).
@main
enum VoicePath {
    static func main() throws {
        let arguments = CommandLine.arguments
        guard arguments.count >= 4, let far = readSamples(arguments[1]), let near = readSamples(arguments[2]) else {
            fail("voice-path FAR.pcm NEAR.pcm OUT.pcm [KEY=VALUE…]")
        }
        let values = values(arguments.dropFirst(4))
        var room = try Room(conditions(values), options(values))
        let outcome = room.run(far: far, near: near)
        writeSamples(outcome.sent, to: arguments[3])
        // Two seconds after the other side began to speak.
        let begun = (far.firstIndex { abs(Int32($0)) > 300 } ?? 0) + 2 * 48_000
        let reduction = power(outcome.echo.dropFirst(begun)) - power(outcome.sent.dropFirst(begun))
        let delay = outcome.delay.map { String($0.milliseconds) } ?? "null"
        print("{\"reduction_db\":\(reduction),\"found_ms\":\(delay)}")
    }

    private static func values(_ words: ArraySlice<String>) -> [String: Double] {
        var values: [String: Double] = [:]
        for word in words {
            let parts = word.split(separator: "=")
            guard parts.count == 2, let value = Double(parts[1]) else { fail("what is \(word)?") }
            values[String(parts[0])] = value
        }
        return values
    }

    private static func conditions(_ values: [String: Double]) -> Room.Conditions {
        var conditions = Room.Conditions()
        conditions.delay = Duration(seconds: (values["delay_ms"] ?? 60) / 1_000)
        conditions.laterDelay = values["later_ms"].map { Duration(seconds: $0 / 1_000) }
        conditions.gain = Float(pow(10, (values["gain_db"] ?? -6) / 20))
        conditions.lateness = Duration(seconds: (values["late_ms"] ?? 0) / 1_000)
        conditions.drift = (values["drift_ppm"] ?? 0) / 1e6
        conditions.seed = UInt64(values["seed"] ?? 1)
        return conditions
    }

    private static func options(_ values: [String: Double]) -> VoiceProcessor.Options {
        var options = VoiceProcessor.Options()
        options.cancelsEcho = values["echo"] != 0
        options.suppressesNoise = values["noise"] != 0
        options.controlsGain = values["gain"] != 0
        options.filtersRumble = values["rumble"] != 0
        return options
    }

    private static func readSamples(_ path: String) -> [Int16]? {
        guard let file = fopen(path, "rb") else { return nil }
        defer { fclose(file) }
        fseek(file, 0, SEEK_END)
        let count = ftell(file) / 2
        rewind(file)
        return [Int16](unsafeUninitializedCapacity: count) { $1 = fread($0.baseAddress, 2, count, file) }
    }

    private static func writeSamples(_ samples: [Int16], to path: String) {
        guard let file = fopen(path, "wb") else { exit(73) }
        fwrite(samples, 2, samples.count, file)
        fclose(file)
    }

    private static func fail(_ message: String) -> Never {
        fputs(message + "\n", fdopen(2, "w"))
        exit(64)
    }
}
