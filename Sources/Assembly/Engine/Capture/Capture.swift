import Codecs
import Devices
import Media
import MediaProcessing
import Primitives
import Runtime

/// The microphone thread's own state: from the source through voice processing, gate and files to the encoder.
struct Capture {
    private var source: any AudioSource
    private let reopen: Microphone.Opener?
    private let handler: @Sendable (Microphone.Event) -> Void
    private let controls: Microphone.Controls
    private let encoder: OpusEncoder
    /// Nil where sound is sent as it comes.
    private var chain: VoiceChain?
    private var losses: LossWatch
    private var isVoice = false
    private var gate: VoiceGate?
    private var gateMeter = LevelMeter()
    private var meter = LevelMeter()
    private var block = [Int16](repeating: 0, count: AudioFormat.blockSamples)
    private var timeline = CaptureTimeline()
    /// When the block seems to have been recorded.
    private var recordedAt = Clock.now()
    private var mayFollowLoss = false
    private var isPaused = true
    private var hasEnded = false
    private var deviceReturn: DeviceReturn
    private var nextBlockAt = Clock.now()

    private static let blockDuration = Duration.milliseconds(Int64(AudioFormat.blockMilliseconds))

    init?(
        source: any AudioSource, isSubstitute: Bool, reopen: Microphone.Opener?,
        handler: @escaping @Sendable (Microphone.Event) -> Void, controls: Microphone.Controls
    ) {
        guard let encoder = try? OpusEncoder() else { return nil }  // fails only without memory
        self.source = source
        self.reopen = reopen
        self.handler = handler
        self.controls = controls
        self.encoder = encoder
        gate = controls.opensByVoice ? VoiceGate() : nil
        losses = LossWatch(source)
        deviceReturn = DeviceReturn(isSubstitute: isSubstitute, now: Clock.now())
        chain = Self.chain(for: source, controls)
    }

    private static func chain(for source: any AudioSource, _ controls: Microphone.Controls) -> VoiceChain? {
        guard controls.voice.applies(to: source) else { return nil }
        // Fails only without memory.
        return try? VoiceChain(controls.voice.options, reference: controls.reference)
    }

    mutating func run() {
        while !controls.stopped.isSet {
            readBlock()
            closeGate()
            controls.playedFiles.mix(into: &block)
            if controls.held.isSet || hasEnded || deviceReturn.isLost || !source.keepsTime { keepTime() }
            sendBlock()
        }
    }

    private mutating func readBlock() {
        if deviceReturn.isDue(now: Clock.now()) { tryAgain() }
        let count = controls.held.isSet || hasEnded || deviceReturn.isLost ? 0 : readSource()
        let isMuted = controls.muted.isSet
        recordedAt = Clock.now() - Self.blockDuration - source.delay
        // Muted sound is processed too, so that the echo canceller knows the room when it is wanted again.
        let hasVoice = count == block.count ? chain?.process(&block, recordedAt: recordedAt) ?? false : false
        isVoice = hasVoice && !isMuted
        let kept = isMuted ? 0 : count
        for i in kept..<block.count { block[i] = 0 }
    }

    /// How many samples the source gave.
    private mutating func readSource() -> Int {
        do {
            let count = try source.read(into: &block)
            if count == 0 {
                hasEnded = true
                handler(.ended)
            }
            if losses.takeLoss() { mayFollowLoss = true }
            if let times = losses.takeNews(now: Clock.now()) { handler(.overran(times: times)) }
            return count
        } catch {
            deviceReturn.lose(now: Clock.now())
            nextBlockAt = Clock.now()
            // A driver gives a device out once, and its name again only when nobody holds it any more.
            use(SilentSource())
            handler(.lost(error))
            return 0
        }
    }

    /// With `--talk voice`: silence, but while somebody speaks.
    private mutating func closeGate() {
        guard gate != nil else { return }
        gateMeter.process(block)
        guard gate?.process(isVoice: gateMeter.isVoice) == false else { return }
        for index in block.indices { block[index] = 0 }
    }

    private mutating func tryAgain() {
        guard let reopen, let found = try? reopen() else { return deviceReturn.fail(now: Clock.now()) }
        guard deviceReturn.accept(isSubstitute: found.isSubstitute, now: Clock.now()) else { return }
        use(found.source)
        handler(.back(substitute: found.isSubstitute ? found.source.name : nil))
    }

    private mutating func use(_ device: any AudioSource) {
        source = device
        mayFollowLoss = true
        losses = LossWatch(device)
        chain = Self.chain(for: device, controls)
    }

    /// Waits for the block's time where the source does not.
    private mutating func keepTime() {
        let now = Clock.now()
        // Far behind (a suspended machine): go on from here instead of sending a burst.
        if now - nextBlockAt > .milliseconds(200) {
            nextBlockAt = now
            mayFollowLoss = true
        }
        if nextBlockAt > now { Clock.sleep(until: nextBlockAt) }
        nextBlockAt += Self.blockDuration
        recordedAt = Clock.now() - Self.blockDuration
    }

    private func adaptToNetwork() {
        let plan = controls.protection.value
        var configuration = encoder.configuration
        configuration.expectedLoss = plan.expectedLoss
        configuration.makeRoom(forCopies: plan.copies, rate: controls.bitrate.value)
        if configuration != encoder.configuration { encoder.configuration = configuration }
    }

    private mutating func sendBlock() {
        meter.process(block)
        // -60 dBFS and less is an empty meter, full scale a full one.
        controls.gauge.value = Float(((meter.rmsDb + 60) / 60).clamped(to: 0...1))
        let stamp = timeline.stamp(begin: recordedAt, mayFollowLoss: mayFollowLoss)
        mayFollowLoss = false
        adaptToNetwork()
        guard let payload = try? encoder.encode(block) else {
            isPaused = true
            return
        }
        handler(
            .packet(
                Microphone.Packet(
                    payload: payload, timestamp: stamp.timestamp, captureTime: stamp.time,
                    level: meter.rfc6464Level, isVoice: chain == nil ? meter.isVoice : isVoice,
                    startsTalkSpurt: isPaused)))
        isPaused = false
    }
}
