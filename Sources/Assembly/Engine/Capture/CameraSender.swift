import Codecs
import Media
import Primitives
import Runtime
import Streams

/// What one peer shall get of the own picture.
package struct VideoTarget: Sendable, Hashable {
    /// What the peer shows; `.none` stops the video.
    package var size: PixelSize
    package var framesPerSecond: Int
    package var bitrate: Bitrate

    package init(size: PixelSize, framesPerSecond: Int, bitrate: Bitrate) {
        self.size = size
        self.framesPerSecond = framesPerSecond
        self.bitrate = bitrate
    }
}

/// Takes pictures and encodes them for each peer, no larger than that peer shows, on a thread of its own.
package final class CameraSender: Sendable {
    package enum Event: Sendable {
        case frame(peer: String, EncodedFrame)
        case lost(DeviceError)
        case back
        case ended
    }

    package typealias Opener = @Sendable () throws(DeviceError) -> any VideoSource

    private struct Wishes: Sendable {
        var targets: [String: VideoTarget] = [:]
        var keyFrames: Set<String> = []
    }

    private let wishes = Protected(Wishes())
    private let enabled: AtomicFlag
    private let stopped = AtomicFlag()
    private let selfView: Protected<VideoFrame?> = Protected(nil)
    /// What each peer gets at the moment.
    private let current = Protected<[String: VideoTarget]>([:])
    private let thread = Protected<JoinableThread?>(nil)

    /// While set, the source is not read.
    private let held: AtomicFlag

    package init(enabled: Bool, held: Bool = false) {
        self.enabled = AtomicFlag(enabled)
        self.held = AtomicFlag(held)
    }

    /// Begins to read a source that was held back.
    package func release() { held.set(false) }

    /// The newest own picture, nil while the camera is off.
    package var newestPicture: VideoFrame? { selfView.value }

    /// The size and rate in which the picture goes to a peer at the moment, after network and machine had their say.
    package func targetSent(to peer: String) -> VideoTarget? { current.withLock { $0[peer] } }

    package var isEnabled: Bool { enabled.isSet }

    package func setEnabled(_ value: Bool) { enabled.set(value) }

    /// Nil stops encoding for that peer.
    package func setTarget(_ target: VideoTarget?, for peer: String) {
        wishes.withLock { $0.targets[peer] = target }
    }

    package func requestKeyFrame(for peer: String) {
        wishes.withLock { _ = $0.keyFrames.insert(peer) }
    }

    /// Takes the source over. `reopen` is asked again after the camera was lost; nil where that makes no sense.
    package func start(
        _ source: any VideoSource, reopen: Opener?, handler: @escaping @Sendable (Event) -> Void
    ) {
        let given = Parcel(source)
        thread.value = JoinableThread(name: "camera") { [self] in
            // Nobody else holds the source, so that a device is closed as soon as it is lost.
            if let source = given.take() { run(source, reopen, handler) }
        }
    }

    package func stop() {
        stopped.set()
        thread.value?.join()
    }

    private func run(_ first: consuming any VideoSource, _ reopen: Opener?, _ handler: @Sendable (Event) -> Void) {
        var source = consume first
        var pace = FramePace()
        var encoders: [String: PeerEncoder] = [:]
        var load = EncoderLoad()
        while !stopped.isSet {
            guard !held.isSet else {
                Clock.sleep(until: Clock.now() + .milliseconds(20))
                continue
            }
            do throws(DeviceError) {
                guard let picture = try source.nextFrame(now: Clock.now()) else {
                    guard source.ended else { continue }
                    handler(.ended)
                    return
                }
                if !source.keepsTime { pace.wait(framesPerSecond: source.framesPerSecond) }
                guard enabled.isSet else {
                    selfView.value = nil
                    encoders.removeAll()
                    continue
                }
                selfView.value = picture
                let began = Clock.now()
                encode(picture, with: &encoders, allowance: load.allowance, handler)
                let now = Clock.now()
                let interval = Duration(seconds: 1 / max(1, source.framesPerSecond))
                if !encoders.isEmpty { load.note(busy: now - began, interval: interval, now: now) }
            } catch {
                handler(.lost(error))
                selfView.value = nil
                // A driver gives a device out once, and its name again only when nobody holds it any more.
                source = NoPictures()
                guard let found = waitForCamera(reopen) else { return }
                source = found
                handler(.back)
            }
        }
    }

    private func waitForCamera(_ reopen: Opener?) -> (any VideoSource)? {
        guard let reopen else { return nil }
        while !stopped.isSet {
            Clock.sleep(until: Clock.now() + .milliseconds(500))
            if let found = try? reopen() { return found }
        }
        return nil
    }

    private func encode(
        _ picture: VideoFrame, with encoders: inout [String: PeerEncoder], allowance: EncoderLoad.Allowance,
        _ handler: @Sendable (Event) -> Void
    ) {
        let (targets, keyFrames) = wishes.withLock { wishes in
            let result = (wishes.targets, wishes.keyFrames)
            wishes.keyFrames.removeAll(keepingCapacity: true)
            return result
        }
        for gone in encoders.keys where targets[gone] == nil { encoders[gone] = nil }
        for (peer, target) in targets {
            guard !target.size.isNone else {
                encoders[peer] = nil
                continue
            }
            var encoder = encoders.removeValue(forKey: peer) ?? PeerEncoder(target)
            if keyFrames.contains(peer) { encoder.needsKeyFrame = true }
            if let frame = encoder.encode(picture, target: target, allowance: allowance) {
                handler(.frame(peer: peer, frame))
            }
            encoders[peer] = encoder
        }
        let chosen = encoders.mapValues(\.current)
        current.withLock { if $0 != chosen { $0 = chosen } }
    }
}

/// Stands in for a camera that is away.
private final class NoPictures: VideoSource {
    let ended = false
    let keepsTime = false
    let framesPerSecond = 1.0
    let name = "none"

    func nextFrame(now: Instant) -> VideoFrame? { nil }
}

/// Keeps the rate of a source that does not keep time.
private struct FramePace {
    private var next = Clock.now()

    mutating func wait(framesPerSecond: Double) {
        let now = Clock.now()
        next += Duration(seconds: 1 / max(1, framesPerSecond))
        if now - next > .milliseconds(200) { next = now }
        if next > now { Clock.sleep(until: next) }
    }
}

/// One peer's VP8 encoder and its frame rate.
private struct PeerEncoder {
    var needsKeyFrame = true
    /// What is really encoded.
    private(set) var current = VideoTarget(size: .none, framesPerSecond: 0, bitrate: .zero)
    private let codec: VP8Encoder
    private var adaptation = VideoAdaptation()
    private var nextFrameAt: Instant?

    init(_ target: VideoTarget) {
        codec = VP8Encoder(.init(bitrate: target.bitrate, framesPerSecond: Double(target.framesPerSecond), speed: -8))
    }

    mutating func encode(
        _ picture: VideoFrame, target: VideoTarget, allowance: EncoderLoad.Allowance
    ) -> EncodedFrame? {
        let choice = adaptation.choose(
            limit: picture.size.fitted(in: target.size), framesPerSecond: target.framesPerSecond,
            bitrate: target.bitrate, processor: allowance.frameRate, now: picture.captureTime)
        current = VideoTarget(size: choice.size, framesPerSecond: choice.framesPerSecond, bitrate: target.bitrate)
        guard !choice.size.isNone, isDue(picture.captureTime, framesPerSecond: choice.framesPerSecond) else {
            return nil
        }
        codec.configuration.bitrate = target.bitrate
        codec.configuration.framesPerSecond = Double(choice.framesPerSecond)
        codec.configuration.speed = allowance.speed
        let scaled = choice.size == picture.size ? picture : FrameScaler.scale(picture, to: choice.size)
        // RTP's 90 kHz clock runs with the capture clock: 9 ticks in 100 µs.
        let timestamp = UInt32(truncatingIfNeeded: picture.captureTime.nanoseconds / 100_000 * 9)
        guard let frame = try? codec.encode(scaled, forceKey: needsKeyFrame, timestamp: timestamp) else { return nil }
        if frame.isKeyFrame { needsKeyFrame = false }
        return frame
    }

    /// Thins pictures out evenly; a picture may come half an interval early.
    private mutating func isDue(_ time: Instant, framesPerSecond: Int) -> Bool {
        let interval = Duration(seconds: 1 / Double(max(1, framesPerSecond)))
        guard let due = nextFrameAt, time - due < interval * 4 else {
            nextFrameAt = time + interval
            return true
        }
        guard time + interval / 2 >= due else { return false }
        nextFrameAt = due + interval
        return true
    }
}
