import Devices
import Glibc
import Media
import MediaProcessing
import Primitives
import Runtime

/// Plays a tone of 1 kHz and -20 dB at one device while another records it.
enum ToneProbe {
    private struct Speaker: @unchecked Sendable {
        // Only the playing thread touches it until that is joined.
        let sink: any AudioSink
    }

    static func run(speaker: String, microphone: String, seconds: Int) {
        do throws(DeviceError) {
            let sink = try AudioDevices.open(sink: speaker)
            guard case .samples(let source) = try AudioDevices.open(source: microphone).input else { return }
            let player = Speaker(sink: sink.sink)
            let thread = JoinableThread(name: "player", realtime: true) { play(player.sink, seconds: seconds + 1) }
            measure(source, player.sink, seconds: seconds)
            thread.join()
        } catch {
            Report.line(["speaker": .text(speaker), "microphone": .text(microphone), "error": .text("\(error)")])
        }
    }

    private static func play(_ sink: any AudioSink, seconds: Int) {
        var tone = ToneGenerator(frequency: 1_000)
        var block = [Int16](repeating: 0, count: AudioFormat.blockSamples)
        for _ in 0..<seconds * 50 {
            tone.fill(&block)
            guard (try? sink.write(block)) != nil else { return }
        }
        try? sink.finish()
    }

    private static func measure(_ source: any AudioSource, _ sink: any AudioSink, seconds: Int) {
        let began = Clock.now()
        var heard: [Int16] = []
        var block = [Int16](repeating: 0, count: AudioFormat.blockSamples)
        var problem = ""
        var playDelay = Duration.zero
        var captureDelay = Duration.zero
        for _ in 0..<seconds * 50 {
            do throws(DeviceError) {
                heard += block[..<(try source.read(into: &block))]
            } catch {
                problem = "\(error)"
                break
            }
            playDelay = max(playDelay, sink.delay)
            captureDelay = max(captureDelay, source.delay)
        }
        let elapsed = (Clock.now() - began).seconds
        let lead = heard.prefix { abs(Int($0)) < 100 }.count
        let tone = ToneDetector.dominantTone(in: Array(heard.dropFirst(lead + 9_600).prefix(96_000)))
        Report.line([
            "speaker": .text(sink.name), "microphone": .text(source.name), "frequency": .number(tone?.frequency ?? 0),
            "levelDb": .number(tone?.levelDb ?? -127), "seconds": .number(elapsed),
            "soundSeconds": .number(Double(heard.count) / 48_000), "leadMs": .number(Double(lead) / 48),
            "gaps": .number(Double(gaps(in: heard.dropFirst(lead)))),
            "overruns": .number(Double((source as? any CountsLosses)?.lossCount ?? 0)),
            "underruns": .number(Double((sink as? any CountsLosses)?.lossCount ?? 0)),
            "maximumPlayDelayMs": .number(playDelay.seconds * 1_000),
            "maximumCaptureDelayMs": .number(captureDelay.seconds * 1_000), "error": .text(problem),
        ])
    }

    /// Stretches of silence longer than half a wave of the tone.
    private static func gaps(in samples: ArraySlice<Int16>) -> Int {
        var count = 0
        var quiet = 0
        for sample in samples {
            quiet = abs(Int(sample)) < 20 ? quiet + 1 : 0
            if quiet == 48 { count += 1 }
        }
        return count
    }
}
