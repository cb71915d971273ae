import Codecs
import Devices
import Media
import Primitives
import Runtime
import Streams

/// Reads the microphone in blocks of 20 ms on a thread of its own and encodes each block once, for all peers.
package final class Microphone: Sendable {
    package struct Packet: Sendable {
        package var payload: [UInt8]
        /// 48 kHz; counts on through mute and DTX.
        package var timestamp: UInt32
        /// When the block's first sample was recorded.
        package var captureTime: Instant
        /// RFC 6464: 0 is full scale, 127 silence.
        package var level: UInt8
        package var isVoice: Bool
        /// First packet after a pause (RFC 7587 has no rule; RFC 3551 §4.1 has).
        package var startsTalkSpurt: Bool
    }

    package enum Event: Sendable {
        case packet(Packet)
        /// The device went away; silence is sent, and it is tried again every other second.
        case lost(DeviceError)
        /// It is there again; or another, which is named, stands in for it till it is.
        case back(substitute: String?)
        /// Nobody read the device in time; how often since this was last said.
        case overran(times: Int)
        /// The input came to its end; silence is sent from now on.
        case ended
    }

    package typealias Opener = @Sendable () throws(DeviceError) -> (source: any AudioSource, isSubstitute: Bool)

    /// What other threads tell the microphone's, and it tells them.
    struct Controls: Sendable {
        let muted: AtomicFlag
        /// While set, the source is not read: silence is sent.
        let held: AtomicFlag
        let opensByVoice: Bool
        let voice: VoiceSettings
        /// Brings what the speaker plays.
        let reference: EchoReference
        let stopped = AtomicFlag()
        let gauge = Protected(Float(0))
        let protection = Protected(VoiceProtection())
        let bitrate = Protected(Bitrate.kilobits(32))
        /// What is mixed in after the microphone's own sound, muted or not.
        let playedFiles = PlayedFiles()
    }

    private let controls: Controls
    private let thread = Protected<JoinableThread?>(nil)

    /// `reference` brings what the speaker plays.
    package init(
        muted: Bool, opensByVoice: Bool = false, held: Bool = false, voice: VoiceSettings, reference: EchoReference
    ) {
        controls = Controls(
            muted: AtomicFlag(muted), held: AtomicFlag(held), opensByVoice: opensByVoice, voice: voice,
            reference: reference)
    }

    /// Begins to read a source that was held back.
    package func release() { controls.held.set(false) }

    package var isRunning: Bool { thread.withLock { $0 != nil } }
    package var playedFiles: PlayedFiles { controls.playedFiles }

    /// 0...1, what is really sent: 0 while muted.
    package var level: Float { controls.gauge.value }

    package func setMuted(_ value: Bool) { controls.muted.set(value) }

    /// How packets are guarded against loss: the encoder makes room for copies, or copies by itself.
    package func setProtection(_ value: VoiceProtection) { controls.protection.value = value }

    /// What the poorest path to a listener bears (`AudioAllocation`).
    package func setBitrate(_ value: Bitrate) { controls.bitrate.value = value }

    /// Takes the source over. `reopen` is asked again after the device was lost, or now and then where this one only stands
    /// in for it; nil where that makes no sense.
    package func start(
        _ source: any AudioSource, isSubstitute: Bool = false, reopen: Opener?,
        handler: @escaping @Sendable (Event) -> Void
    ) {
        let given = Parcel(source)
        let controls = controls
        thread.value = JoinableThread(name: "microphone", realtime: true) {
            // Nobody else holds the source, so that a device is closed as soon as it is lost.
            guard let source = given.take() else { return }
            var capture = Capture(
                source: source, isSubstitute: isSubstitute, reopen: reopen, handler: handler, controls: controls)
            capture?.run()
        }
    }

    package func stop() {
        controls.stopped.set()
        playedFiles.stop()
        thread.value?.join()
    }
}
