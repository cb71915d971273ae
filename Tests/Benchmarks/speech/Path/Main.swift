import Glibc
import Primitives
import Simulation

/// speech-path IN.pcm OUT.pcm [KEY=VALUE…]: sends speech (48 kHz, mono, 16 bit, no header) over a simulated path, writes
/// what the listener hears and prints one line of JSON. Keys are those of the network lab: loss_pct, burst, delay_ms,
/// jitter_ms (both ways from the delay), seed; and bitrate, drift_ppm (of the listener's clock), red, fec (0 or 1).
@main
enum SpeechPath {
    static func main() throws {
        let arguments = CommandLine.arguments
        guard arguments.count >= 3, let samples = readSamples(arguments[1]) else {
            fputs("speech-path IN.pcm OUT.pcm [KEY=VALUE…]\n", stderr())
            exit(64)
        }
        var call = try SimulatedCall(options(arguments.dropFirst(3)))
        let (sound, first) = try call.run(samples)
        writeSamples(sound, to: arguments[2])
        let values = [("t0", (first - SimulatedCall.beginning).seconds)] + call.statistics
        print("{" + values.map { "\"\($0.0)\":\($0.1)" }.joined(separator: ",") + "}")
    }

    private static func options(_ words: ArraySlice<String>) -> SimulatedCall.Options {
        var values: [String: Double] = [:]
        for word in words {
            let parts = word.split(separator: "=")
            guard parts.count == 2, let value = Double(parts[1]) else {
                fputs("what is \(word)?\n", stderr())
                exit(64)
            }
            values[String(parts[0])] = value
        }
        var options = SimulatedCall.Options()
        let jitter = values["jitter_ms"] ?? 0
        options.conditions.latency = Duration(seconds: max(0, (values["delay_ms"] ?? 0) - jitter) / 1_000)
        options.conditions.jitter = Duration(seconds: 2 * jitter / 1_000)
        let loss = (values["loss_pct"] ?? 0) / 100
        let burst = values["burst"] ?? 1
        options.conditions.loss = loss == 0 ? .none : burst > 1 ? .bursts(rate: loss, length: burst) : .random(loss)
        options.seed = UInt64(values["seed"] ?? 1) &* 1_000
        options.bitrate = Bitrate(bitsPerSecond: Int(values["bitrate"] ?? 32_000))
        options.drift = values["drift_ppm"] ?? 0
        options.offersRedundancy = values["red"] != 0
        options.offersFEC = values["fec"] != 0
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

    private static func stderr() -> UnsafeMutablePointer<FILE>? { fdopen(2, "w") }
}
