import Devices
import Media
import MediaProcessing
import Primitives
import Recording
import Runtime

/// Plays a film: one thread for its sound, which keeps the time, and one for its pictures, which follow.
package final class MoviePlayer: Sendable {
    package struct State: Sendable {
        package var position = Duration.zero
        package var duration = Duration.zero
        package var isPaused = false
        package var speed = 1.0
        package var hasEnded = false
    }

    /// What was played, for tests and the summary.
    package struct Statistics: Sendable {
        package var framesShown = 0
        package var framesLate = 0
        package var size = PixelSize.none
        package var sound = Duration.zero
        package var levelDb: Double?
    }

    package enum Event: Sendable {
        case firstPicture
        case firstSound
        case ended
        /// Its speaker, or the file, is gone.
        case failed(DeviceError)
    }

    private struct Transport: Sendable {
        var clock: PlaybackClock
        /// Counts seeks; both threads follow.
        var seeks = 0
    }

    /// Whose pictures they are, for each picture track.
    package let names: [String]
    private let movie: Handover<Movie>
    private let transport: Protected<Transport>
    private let gain = Protected(Float(1))
    private let pictures = Protected<[Int: VideoFrame]>([:])
    private let counts = Protected(Statistics())
    private let ended = AtomicFlag()
    private let stopped = AtomicFlag()
    private let threads = Protected<[JoinableThread]>([])

    package init(_ path: String) throws(DeviceError) {
        let movie = try Movie(path)
        names = movie.pictures?.names ?? []
        transport = Protected(Transport(clock: PlaybackClock(duration: movie.duration, now: Clock.now())))
        self.movie = Handover(movie)
    }

    // MARK: Control

    package var state: State {
        let now = Clock.now()
        let hasEnded = ended.isSet
        let clock = transport.value.clock
        return State(
            position: clock.position(at: now), duration: clock.duration, isPaused: clock.isPaused, speed: clock.speed,
            hasEnded: hasEnded)
    }

    package var statistics: Statistics { counts.value }
    package func newestPicture(_ track: Int) -> VideoFrame? { pictures.withLock { $0[track] } }

    package func setPaused(_ paused: Bool) {
        let now = Clock.now()
        transport.withLock { $0.clock.setPaused(paused, now: now) }
    }

    package func setSpeed(_ speed: Double) {
        let now = Clock.now()
        transport.withLock { $0.clock.setSpeed(speed, now: now) }
    }

    package func seek(to position: Duration) {
        let now = Clock.now()
        ended.set(false)
        transport.withLock {
            $0.clock.seek(to: position, now: now)
            $0.seeks += 1
        }
    }

    /// 1 is as recorded.
    package func setVolume(_ factor: Float) { gain.value = factor }

    /// Takes the speaker over. The handler is called on the player's threads.
    package func start(_ sink: any AudioSink, handler: @escaping @Sendable (Event) -> Void) {
        let sink = Handover(sink)
        let now = Clock.now()
        transport.withLock { _ = $0.clock.seek(to: .zero, now: now) }
        threads.value = [
            JoinableThread(name: "player sound", realtime: true) { [self] in playSound(sink.value, handler) },
            JoinableThread(name: "player picture") { [self] in
                if let pictures = movie.value.pictures { show(pictures, handler) }
            },
        ]
    }

    package func stop() {
        stopped.set()
        for thread in threads.value { thread.join() }
    }

    // MARK: Sound

    private func playSound(_ sink: any AudioSink, _ handler: @Sendable (Event) -> Void) {
        do throws(DeviceError) {
            var desk = SoundDesk(sink: sink, sound: movie.value.sound)
            var seen = 0
            while !stopped.isSet {
                let wanted = transport.value.seeks
                if wanted != seen {
                    seen = wanted
                    try desk.seek(to: state.position)
                }
                let state = state
                if state.isPaused || state.hasEnded {
                    try desk.rest()
                    continue
                }
                try playBlock(&desk, state, seen, handler)
                if desk.isOver(state), !ended.isSet, transport.value.seeks == seen {
                    ended.set()
                    handler(.ended)
                }
            }
            try sink.finish()
        } catch {
            handler(.failed(error))
        }
    }

    private func playBlock(
        _ desk: inout SoundDesk, _ state: State, _ seen: Int, _ handler: @Sendable (Event) -> Void
    ) throws(DeviceError) {
        guard let level = try desk.play(speed: state.speed, gain: gain.value) else { return }
        let heard = desk.position - desk.delay * state.speed
        let now = Clock.now()
        // Somebody may have gone elsewhere meanwhile.
        transport.withLock { if $0.seeks == seen { $0.clock.isHeard(heard, now: now) } }
        let isFirst = counts.withLock { counts in
            counts.sound += .milliseconds(Int64(AudioFormat.blockMilliseconds))
            counts.levelDb = level
            return counts.sound == .milliseconds(Int64(AudioFormat.blockMilliseconds))
        }
        if isFirst { handler(.firstSound) }
    }

    // MARK: Pictures

    private func show(_ source: any MoviePictures, _ handler: @Sendable (Event) -> Void) {
        var seen = 0
        var before: [Int: MoviePicture] = [:]
        while !stopped.isSet {
            if transport.value.seeks != seen {
                seen = transport.value.seeks
                before.removeAll()
                do throws(DeviceError) { try source.seek(to: state.position) } catch { return handler(.failed(error)) }
            }
            guard let next = (try? source.next()) ?? nil else {
                publish(before.values, handler)
                before.removeAll()
                Clock.sleep(until: Clock.now() + .milliseconds(50))
                continue
            }
            guard !next.isBefore else {
                before[next.track] = next
                continue
            }
            publish(before.values, handler)
            before.removeAll()
            if wait(for: next.time, seen: seen) { publish([next], handler) }
        }
    }

    /// False where the picture is not wanted any more.
    private func wait(for time: Duration, seen: Int) -> Bool {
        while !stopped.isSet, transport.value.seeks == seen {
            let state = state
            if state.position >= time || state.hasEnded {
                if state.position - time > .milliseconds(100) { counts.withLock { $0.framesLate += 1 } }
                return true
            }
            let left = (time - state.position) * (1 / state.speed)
            Clock.sleep(until: Clock.now() + min(state.isPaused ? .milliseconds(20) : left, .milliseconds(20)))
        }
        return false
    }

    private func publish(_ shown: some Collection<MoviePicture>, _ handler: @Sendable (Event) -> Void) {
        guard let last = shown.first else { return }
        let now = Clock.now()
        pictures.withLock { pictures in
            for each in shown {
                // Whoever draws tells new pictures by their time.
                var picture = each.picture
                picture.captureTime = now
                pictures[each.track] = picture
            }
        }
        let isFirst = counts.withLock { counts in
            counts.framesShown += shown.count
            counts.size = last.picture.size
            return counts.framesShown == shown.count
        }
        if isFirst { handler(.firstPicture) }
    }
}

/// The sound thread's own state.
private struct SoundDesk {
    private let sink: any AudioSink
    private let sound: (any MovieSound)?
    private var tempo = TempoChanger()
    private var meter = LevelMeter()
    private var nextBlockAt = Clock.now()
    /// How far the film's sound was read.
    private(set) var position = Duration.zero
    private var hasSoundEnded = false

    private static let block = Duration.milliseconds(Int64(AudioFormat.blockMilliseconds))

    init(sink: any AudioSink, sound: (any MovieSound)?) {
        self.sink = sink
        self.sound = sound
        hasSoundEnded = sound == nil
    }

    var delay: Duration { sink.delay }

    mutating func seek(to position: Duration) throws(DeviceError) {
        try sound?.seek(to: position)
        tempo.reset()
        hasSoundEnded = sound == nil
        self.position = position
    }

    /// Plays 20 ms; their level in dBFS, or nil where the film has no more sound and time passes by itself.
    mutating func play(speed: Double, gain: Float) throws(DeviceError) -> Double? {
        tempo.speed = speed
        while tempo.missing > 0, !hasSoundEnded, let samples = try nextSamples() { tempo.append(samples) }
        if hasSoundEnded {
            try rest()
            return nil
        }
        var samples = tempo.read()
        if gain != 1 { for i in samples.indices { samples[i] = Int16(saturating: Float(samples[i]) * gain) } }
        meter.process(samples)
        position += Self.block * speed
        try write(samples)
        return meter.rmsDb
    }

    private mutating func nextSamples() throws(DeviceError) -> [Int16]? {
        let samples = try sound?.next()
        if samples == nil { hasSoundEnded = true }
        return samples
    }

    /// Whether the film is over, as far as can be told.
    func isOver(_ state: MoviePlayer.State) -> Bool { state.position >= state.duration }

    /// 20 ms of silence.
    mutating func rest() throws(DeviceError) { try write([Int16](repeating: 0, count: AudioFormat.blockSamples)) }

    private mutating func write(_ block: [Int16]) throws(DeviceError) {
        try sink.write(block)
        guard !sink.keepsTime else { return }
        let now = Clock.now()
        if now - nextBlockAt > .milliseconds(200) { nextBlockAt = now }
        nextBlockAt += Self.block
        if nextBlockAt > now { Clock.sleep(until: nextBlockAt) }
    }
}
