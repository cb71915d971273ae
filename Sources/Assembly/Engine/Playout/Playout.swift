import Codecs
import Devices
import Media
import MediaProcessing
import Primitives
import Runtime
import Streams

/// Plays the sound of all remote participants, mixed, in blocks of 20 ms on a thread of its own.
package final class Playout: Sendable {
    /// What was heard of one participant.
    package struct Statistics: Sendable {
        /// Sound decoded from received packets.
        package var decoded = Duration.zero
        package var concealed = Duration.zero
        package var delay = Duration.zero
        /// 0...1, for the meter.
        package var level: Float = 0
        package var isSpeaking = false
        /// Sum of squares and number of samples, for the mean level.
        package var energy = 0.0
        package var samples = 0
        /// Of the newest second with a clear tone.
        package var toneHz: Double?

        package var meanLevelDb: Double? {
            samples > 0 && energy > 0 ? Decibels.fromPower(energy / Double(samples) / (32_768 * 32_768)) : nil
        }
    }

    package enum Event: Sendable {
        case firstSound(peer: String, at: Instant)
        /// What plays silently beside a participant's sound flows, and could take its place.
        case successorIsReady(peer: String)
        case speaking(peer: String, Bool)
        /// The speaker went away; the call goes on in silence, and it is tried again every other second.
        case lost(DeviceError)
        /// It is there again; or another, which is named, stands in for it till it is.
        case back(substitute: String?)
        /// The speaker ran dry; how often since this was last said.
        case underran(times: Int)
    }

    private enum Job: Sendable {
        case packet(peer: String, ReceivedAudio)
        case successorPacket(peer: String, ReceivedAudio)
        case promote(peer: String)
        case gain(peer: String, Float)
        case remove(peer: String)
    }

    package typealias Opener = @Sendable () throws(DeviceError) -> (sink: any AudioSink, isSubstitute: Bool)

    // A second of packets of three peers.
    private let jobs = Mailbox<Job>(capacity: 256, overflow: .dropOldest)
    private let counts = Protected<[String: Statistics]>([:])
    private let stopped = AtomicFlag()
    private let thread = Protected<JoinableThread?>(nil)

    private let lipSync: LipSyncBoard
    private let reference: EchoReference

    /// `reference` is told what the speaker plays.
    package init(lipSync: LipSyncBoard, reference: EchoReference) {
        self.lipSync = lipSync
        self.reference = reference
    }

    package func statistics(of peer: String) -> Statistics { counts.withLock { $0[peer] } ?? Statistics() }

    package func receive(_ packet: ReceivedAudio, of peer: String) { jobs.put(.packet(peer: peer, packet)) }

    /// The same person's sound on another way: it plays silently beside, until `promoteSuccessor` puts it in the place of
    /// what is heard, between two blocks.
    package func receiveSuccessor(_ packet: ReceivedAudio, of peer: String) {
        jobs.put(.successorPacket(peer: peer, packet))
    }

    package func promoteSuccessor(of peer: String) { jobs.put(.promote(peer: peer)) }

    package func setGain(_ gain: Float, of peer: String) { jobs.put(.gain(peer: peer, gain)) }

    /// Forgets the stream, not its statistics.
    package func remove(_ peer: String) { jobs.put(.remove(peer: peer)) }

    /// Takes the sink over. `reopen` is asked again after it was lost, or now and then where it only stands in for another.
    package func start(
        _ sink: any AudioSink, isSubstitute: Bool = false, reopen: Opener?,
        handler: @escaping @Sendable (Event) -> Void
    ) {
        let given = Parcel(sink)
        thread.value = JoinableThread(name: "playout", realtime: true) { [self] in
            // Nobody else holds the sink, so that a device is closed as soon as it is lost.
            guard let sink = given.take() else { return }
            var desk = Desk(
                sink: sink, isSubstitute: isSubstitute, reopen: reopen, reference: reference, handler: handler)
            while !stopped.isSet {
                while let job = jobs.takeNow() { handle(job, &desk) }
                desk.playBlock()
                desk.publishNowAndThen(to: counts)
                desk.report(to: lipSync)
            }
            desk.publish(to: counts)
            desk.finish()
        }
    }

    package func stop() {
        stopped.set()
        thread.value?.join()
    }

    private func handle(_ job: Job, _ desk: inout Desk) {
        switch job {
        case .packet(let peer, let packet): desk.insert(packet, of: peer)
        case .successorPacket(let peer, let packet): desk.insertSuccessor(packet, of: peer)
        case .promote(let peer): desk.voices[peer]?.promoteSuccessor()
        case .gain(let peer, let gain): desk.voices[peer]?.gain = gain
        case .remove(let peer): desk.voices[peer] = nil
        }
    }
}

/// The playout thread's own state.
private struct Desk {
    var voices: [String: Voice] = [:]
    private var sink: any AudioSink
    private let reopen: Playout.Opener?
    private let reference: EchoReference
    private let handler: @Sendable (Playout.Event) -> Void
    private var losses: LossWatch
    private var mixer = Mixer()
    private var mix = [Int16](repeating: 0, count: AudioFormat.blockSamples)
    private var nextBlockAt = Clock.now()
    private var blocksPlayed = 0
    private var deviceReturn: DeviceReturn

    private static let blockDuration = Duration.milliseconds(Int64(AudioFormat.blockMilliseconds))

    init(
        sink: any AudioSink, isSubstitute: Bool, reopen: Playout.Opener?, reference: EchoReference,
        handler: @escaping @Sendable (Playout.Event) -> Void
    ) {
        self.sink = sink
        self.reference = reference
        losses = LossWatch(sink)
        deviceReturn = DeviceReturn(isSubstitute: isSubstitute, now: Clock.now())
        self.reopen = reopen
        self.handler = handler
    }

    mutating func insert(_ packet: ReceivedAudio, of peer: String) {
        if voices[peer] == nil { voices[peer] = Voice() }
        voices[peer]?.insert(packet)
    }

    mutating func insertSuccessor(_ packet: ReceivedAudio, of peer: String) {
        if voices[peer] == nil { voices[peer] = Voice() }
        voices[peer]?.insertSuccessor(packet)
    }

    mutating func playBlock() {
        let now = Clock.now()
        for peer in voices.keys {
            guard let block = voices[peer]?.play(now: now) else { continue }
            mixer.add(block, gain: voices[peer]?.gain ?? 1)
            tell(peer, now: now)
        }
        mixer.finish(into: &mix)
        write(now: now)
        // After writing: a speaker that ran dry is filled with silence first.
        reference.put(mix, heardAt: Clock.now() + sink.delay - Self.blockDuration)
    }

    private mutating func tell(_ peer: String, now: Instant) {
        guard let changes = voices[peer]?.takeChanges() else { return }
        if changes.isFirstSound { handler(.firstSound(peer: peer, at: now)) }
        if let speaking = changes.speaking { handler(.speaking(peer: peer, speaking)) }
        if changes.successorIsReady { handler(.successorIsReady(peer: peer)) }
    }

    private mutating func write(now: Instant) {
        if deviceReturn.isDue(now: now) { tryAgain(now: now) }
        if !deviceReturn.isLost {
            do {
                try sink.write(mix)
            } catch {
                deviceReturn.lose(now: now)
                nextBlockAt = now
                // A driver gives a device out once, and its name again only when nobody holds it any more.
                use(NullSink())
                handler(.lost(error))
            }
        }
        if let times = losses.takeNews(now: now) { handler(.underran(times: times)) }
        if deviceReturn.isLost || !sink.keepsTime { keepTime() }
    }

    private mutating func tryAgain(now: Instant) {
        guard let reopen, let found = try? reopen() else { return deviceReturn.fail(now: now) }
        guard deviceReturn.accept(isSubstitute: found.isSubstitute, now: now) else { return }
        use(found.sink)
        handler(.back(substitute: found.isSubstitute ? found.sink.name : nil))
    }

    private mutating func use(_ device: any AudioSink) {
        sink = device
        losses = LossWatch(device)
    }

    private mutating func keepTime() {
        let now = Clock.now()
        if now - nextBlockAt > .milliseconds(200) { nextBlockAt = now }
        nextBlockAt += Self.blockDuration
        if nextBlockAt > now { Clock.sleep(until: nextBlockAt) }
    }

    /// Ten times a second, as meters are drawn.
    mutating func publishNowAndThen(to counts: Protected<[String: Playout.Statistics]>) {
        blocksPlayed &+= 1
        if blocksPlayed.isMultiple(of: 5) { publish(to: counts) }
    }

    func publish(to counts: Protected<[String: Playout.Statistics]>) {
        guard !voices.isEmpty else { return }
        let newest = voices.mapValues(\.statistics)
        counts.withLock { counts in counts.merge(newest) { $1 } }
    }

    func report(to lipSync: LipSyncBoard) {
        let heardAt = Clock.now() + sink.delay
        for (peer, voice) in voices {
            if let timestamp = voice.timestampPlaying {
                lipSync.audioPlays(of: peer, timestamp: timestamp, at: heardAt)
            }
        }
    }

    mutating func finish() {
        try? sink.finish()
    }
}

/// One participant's sound.
private struct Voice {
    var gain: Float = 1
    private(set) var statistics = Playout.Statistics()
    private var receiver: AudioReceiver<OpusAudioDecoder>?
    /// The same person's sound on another way, played silently until it takes the receiver's place.
    private var successor: AudioReceiver<OpusAudioDecoder>?
    private var successorWasReady = false
    private var successorIsReady = false
    private var silentBlock: [Int16] = []
    /// Concealed before the receiver of now was heard, less what it had concealed by then.
    private var concealedBefore = 0
    private var meter = LevelMeter()
    private var wasHeard = false
    private var isFirstSound = false
    private var speakingChange: Bool?
    private var window: [Int16] = []
    private var toneDueAt = AudioFormat.sampleRate
    private var block = [Int16](repeating: 0, count: AudioFormat.blockSamples)

    init() {
        receiver = Self.makeReceiver()
        window.reserveCapacity(AudioFormat.blockSamples * 3)
    }

    private static func makeReceiver() -> AudioReceiver<OpusAudioDecoder>? {
        (try? OpusAudioDecoder()).map { AudioReceiver(decoder: $0) }  // fails only without memory
    }

    mutating func insert(_ packet: ReceivedAudio) { receiver?.insert(packet) }

    mutating func insertSuccessor(_ packet: ReceivedAudio) {
        if successor == nil { successor = Self.makeReceiver() }
        successor?.insert(packet)
    }

    /// Where nothing came on the other way yet, what comes begins anew.
    mutating func promoteSuccessor() {
        let before = receiver?.buffer.statistics.concealedSamples ?? 0
        receiver = successor ?? Self.makeReceiver()
        concealedBefore += before - (receiver?.buffer.statistics.concealedSamples ?? 0)
        successor = nil
        silentBlock = []
    }

    private mutating func playSuccessor(now: Instant) {
        guard successor != nil else { return }
        if silentBlock.isEmpty { silentBlock = block }
        successor?.read(into: &silentBlock, now: now)
        guard !successorWasReady, successor?.timestampPlaying != nil else { return }
        successorWasReady = true
        successorIsReady = true
    }

    var timestampPlaying: Int64? { receiver?.timestampPlaying }

    /// Reads the next block; nil where there is no decoder.
    mutating func play(now: Instant) -> [Int16]? {
        guard receiver != nil else { return nil }
        playSuccessor(now: now)
        receiver?.read(into: &block, now: now)
        guard let numbers = receiver?.buffer.statistics, numbers.received > 0 else { return block }
        statistics.concealed = Self.duration(concealedBefore + numbers.concealedSamples)
        statistics.delay = receiver?.buffer.playoutDelay ?? .zero
        guard receiver?.timestampPlaying != nil else { return block }
        measure()
        return block
    }

    private static func duration(_ samples: Int) -> Duration {
        .microseconds(Int64(samples) * 1_000_000 / Int64(AudioFormat.sampleRate))
    }

    private mutating func measure() {
        if !wasHeard {
            wasHeard = true
            isFirstSound = true
        }
        meter.process(block)
        statistics.level = Float(((meter.rmsDb + 60) / 60).clamped(to: 0...1))
        if meter.isVoice != statistics.isSpeaking {
            statistics.isSpeaking = meter.isVoice
            speakingChange = meter.isVoice
        }
        var energy = 0.0
        for sample in block { energy += Double(sample) * Double(sample) }
        statistics.energy += energy
        statistics.samples += block.count
        statistics.decoded = max(.zero, Self.duration(statistics.samples) - statistics.concealed)
        lookForTone()
    }

    /// Enough to tell a tone to within a hertz, after the first second and then every five: it costs a millisecond.
    private static let toneWindow = 2_048
    private static let toneInterval = 5 * AudioFormat.sampleRate

    private mutating func lookForTone() {
        guard statistics.samples >= toneDueAt else { return }
        window += block
        guard window.count >= Self.toneWindow else { return }
        statistics.toneHz =
            ToneDetector.dominantTone(in: Array(window.prefix(Self.toneWindow)))?.frequency ?? statistics.toneHz
        window.removeAll(keepingCapacity: true)
        toneDueAt += Self.toneInterval
    }

    mutating func takeChanges() -> (isFirstSound: Bool, speaking: Bool?, successorIsReady: Bool) {
        defer {
            isFirstSound = false
            speakingChange = nil
            successorIsReady = false
        }
        return (isFirstSound, speakingChange, successorIsReady)
    }
}

extension AudioReceiver {
    fileprivate mutating func insert(_ packet: ReceivedAudio) {
        insert(
            sequence: packet.sequence, timestamp: packet.timestamp, payload: packet.payload, arrival: packet.arrival,
            isRedundant: packet.isRedundant)
    }
}
