import Glibc
import Media
import MediaProcessing
import Primitives
import Runtime
import Testing

@testable import Devices

@Suite(.serialized, .enabled(if: TestSound.isReady, "ALSA is not installed"))
struct SoundDeviceTests {
    private let empty = [Int16](repeating: 0, count: AudioFormat.blockSamples)

    @Test func whatIsPlayedArrivesInTheDevice() throws {
        let sink = try AudioDevices.open(sink: "played").sink
        var tone = ToneGenerator(frequency: 1_000)
        var block = empty
        for _ in 0..<20 {
            tone.fill(&block)
            try sink.write(block)
        }
        try sink.finish()
        let played = SampleLayout.signed16.decode(Scratch.read(TestSound.folder.file("played.raw")))
        // Silence first: a device that starts nearly empty runs dry at once.
        let lead = played.prefix { $0 == 0 }.count
        #expect(played.count >= 20 * 960 && lead >= 1_900)
        let found = try #require(ToneDetector.dominantTone(in: Array(played[lead..<lead + 15_000])))
        #expect(abs(found.frequency - 1_000) < 1 && abs(found.levelDb + 20) < 0.2)
    }

    @Test func whatTheDeviceHearsIsRead() throws {
        var tone = ToneGenerator(frequency: 700)
        var sound = [Int16](repeating: 0, count: 48_000)
        tone.fill(&sound)
        _ = TestSound.folder.file("tone.raw", SampleLayout.signed16.encode(sound))
        let source = try AudioDevices.open(source: "recorded").source
        let heard = try source.readAll(limit: 30)
        let found = try #require(ToneDetector.dominantTone(in: heard))
        #expect(abs(found.frequency - 700) < 1 && abs(found.levelDb + 20) < 0.2)
    }

    @Test func aDeviceThatKeepsNoTimeIsHeldToIt() throws {
        let source = try AudioDevices.open(source: "silent").source
        let sink = try AudioDevices.open(sink: "silent").sink
        var block = empty
        let began = Clock.now()
        for _ in 0..<40 {
            _ = try source.read(into: &block)
            try sink.write(block)
        }
        // 800 ms of sound; a real device may be a buffer ahead.
        #expect(Clock.now() - began > .milliseconds(500) && Clock.now() - began < .milliseconds(1_500))
    }

    @Test func aMissingDeviceIsTold() {
        let message = failure { _ = try AudioDevices.open(source: "hw:7,3") }
        #expect(
            message.hasPrefix("cannot open microphone hw:7,3: ") && message.contains("confab devices"), "\(message)")
        let unknown = failure { _ = try AudioDevices.open(sink: "nothing-like-that") }
        #expect(unknown.hasPrefix("cannot open speaker nothing-like-that: "), "\(unknown)")
    }

    @Test func whereTheServerIsDeadAutoFallsBackAndSaysWhy() throws {
        let speaker = try AudioDevices.open(sink: "auto")
        #expect(speaker.name == "none" && speaker.note?.contains("the sound server does not answer") == true)
        let silent = try AudioDevices.open(source: "auto")
        #expect(silent.name == "none" && silent.note?.hasPrefix("no microphone: ") == true)
        #expect(try AudioDevices.open(source: "auto", fallback: .synthetic).name == "speech")
    }

    @Test func devicesAreListed() {
        // Plugins without a hint are not listed; whatever is must have a name and a direction.
        #expect(SoundDevices.list().allSatisfy { !$0.name.isEmpty && ($0.canCapture || $0.canPlay) })
    }

    @Test(.enabled(if: TestSound.canRunPulse, "pulseaudio is not installed"))
    func aToneGoesThroughTheSoundServer() throws {
        let server = try TestSound.startPulse()
        let playing = Player(sink: try AudioDevices.open(sink: "client_a").sink)
        let player = JoinableThread(name: "player") { playing.play(seconds: 7) }
        // A null sink that plays nothing hands over what it has every two seconds only.
        Clock.sleep(until: Clock.now() + .milliseconds(500))
        let microphone = try AudioDevices.open(source: "client_b").source
        let heard = try microphone.readAll(limit: 150)
        let began = Clock.now()
        _ = try microphone.readAll(limit: 100)
        let seconds = (Clock.now() - began).seconds
        #expect(1.7...2.6 ~= seconds, "2 s of sound took \(seconds) s")
        #expect(microphone.delay < .milliseconds(300), "\(microphone.delay.milliseconds) ms")
        player.join()
        let found = try #require(ToneDetector.dominantTone(in: Array(heard[96_000..<144_000])))
        #expect(abs(found.frequency - 1_000) < 2 && abs(found.levelDb + 20) < 1, "\(found)")
        server.send(SIGTERM)
        _ = server.wait()
        #expect(throws: DeviceError.self) { try microphone.readAll(limit: 400) }
    }
}

/// A speaker that another thread uses.
private struct Player: @unchecked Sendable {
    // Only the thread that `play` runs on touches it.
    let sink: any AudioSink

    func play(seconds: Int) {
        var tone = ToneGenerator(frequency: 1_000)
        var block = [Int16](repeating: 0, count: AudioFormat.blockSamples)
        for _ in 0..<seconds * 50 {
            tone.fill(&block)
            try? sink.write(block)
        }
    }
}
