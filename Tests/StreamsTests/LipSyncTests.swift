import Primitives
import Streams
import Testing

/// A sender whose streams began with these timestamps when its wall clock showed 1000 s.
private struct Sender {
    let audioStart: UInt32 = 4_294_960_000
    let videoStart: UInt32 = 77

    func ntp(_ seconds: Double) -> NTPTime { NTPTime(bits: UInt64((1_000 + seconds) * 4_294_967_296)) }
    func audio(_ seconds: Double) -> UInt32 { audioStart &+ UInt32(seconds * 48_000) }
    func video(_ seconds: Double) -> UInt32 { videoStart &+ UInt32(seconds * 90_000) }
}

@Test func pictureWaitsForItsSound() {
    let sender = Sender()
    var sync = LipSync()
    sync.receiveReport(.audio, ntp: sender.ntp(1), timestamp: sender.audio(1))
    sync.receiveReport(.video, ntp: sender.ntp(1.3), timestamp: sender.video(1.3))
    // At local 60 s the sound of 5 s is heard, and the picture of 5.08 s is ready.
    sync.audioPlays(timestamp: sender.audio(5), now: .seconds(60))
    let delay = sync.videoDelay(timestamp: sender.video(5.09), now: .milliseconds(60_010))
    #expect(abs((delay - .milliseconds(80)).seconds) < 0.001)
}

@Test func lateOrUnknownPicturesDoNotWait() {
    let sender = Sender()
    var sync = LipSync()
    #expect(sync.videoDelay(timestamp: 5, now: .zero) == .zero)
    sync.receiveReport(.audio, ntp: sender.ntp(0), timestamp: sender.audio(0))
    sync.audioPlays(timestamp: sender.audio(5), now: .seconds(60))
    #expect(sync.videoDelay(timestamp: sender.video(5.1), now: .seconds(60)) == .zero)
    sync.receiveReport(.video, ntp: NTPTime(bits: 0), timestamp: 3)
    #expect(sync.videoDelay(timestamp: sender.video(5.1), now: .seconds(60)) == .zero)
    sync.receiveReport(.video, ntp: sender.ntp(0), timestamp: sender.video(0))
    #expect(sync.videoDelay(timestamp: sender.video(4.9), now: .seconds(60)) == .zero)
    #expect(sync.videoDelay(timestamp: sender.video(5.1), now: .seconds(63)) == .zero)
}

@Test func waitIsLimitedAndNonsenseIgnored() {
    let sender = Sender()
    var sync = LipSync()
    sync.receiveReport(.audio, ntp: sender.ntp(0), timestamp: sender.audio(0))
    sync.receiveReport(.video, ntp: sender.ntp(0), timestamp: sender.video(0))
    sync.audioPlays(timestamp: sender.audio(5), now: .seconds(60))
    #expect(sync.videoDelay(timestamp: sender.video(7), now: .seconds(60)) == LipSync.longestDelay)
    #expect(sync.videoDelay(timestamp: sender.video(500), now: .seconds(60)) == .zero)
}
