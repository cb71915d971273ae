import Call
import Engine
import Media
import Primitives
import Runtime
import TerminalGraphics
import UI

/// One film from beginning to end, on the screen or without.
final class PlaySession: Sendable {
    private let file: String
    private let player: MoviePlayer
    private let events: EventWriter?
    private let outcome = Mailbox<Int32>(capacity: 4, overflow: .dropNewest)
    private let volume = Protected(Float(1))
    private let startedAt = Clock.now()

    private static let shortStep = Duration.seconds(5)
    private static let longStep = Duration.seconds(60)
    private static let speeds = [0.25, 0.5, 0.75, 1, 1.25, 1.5, 1.75, 2, 2.5, 3, 4]

    init(file: String, player: MoviePlayer, events: EventWriter?) {
        self.file = file
        self.player = player
        self.events = events
    }

    func runHeadless(_ sink: any AudioSink, start: Duration) -> Int32 {
        Interruption.watch { [outcome] in outcome.put(0) }
        begin(sink, start, endsItself: true)
        let status = outcome.take() ?? ExitStatus.internalError
        return finish(status)
    }

    func run(on screen: StreamScreen, _ sink: any AudioSink, start: Duration) -> Int32 {
        let (wake, restore) = screen.interruption
        Interruption.watch { [outcome] in
            outcome.put(0)
            wake()
        } restore: {
            restore()
        }
        begin(sink, start, endsItself: false)
        var shown: [Int: Instant] = [:]
        let status = screen.run(
            StreamScreen.Program(
                update: { [self] in update(&$0, &shown) }, key: { [self] key, model in handle(key, &model) },
                seek: { [player] in player.seek(to: player.state.duration * $0) },
                status: { [outcome] in outcome.takeNow() }, closed: { [outcome] in outcome.put(0) }))
        return finish(status)
    }

    private func begin(_ sink: any AudioSink, _ start: Duration, endsItself: Bool) {
        events?.write(.playback(file: file, state: .started, position: start, duration: player.state.duration))
        player.start(sink) { [self] event in
            switch event {
            case .firstPicture: events?.write(.firstFrame(everybody, .camera, after: Clock.now() - startedAt))
            case .firstSound: events?.write(.firstAudio(everybody, after: Clock.now() - startedAt))
            case .ended:
                let state = player.state
                events?.write(.playback(file: file, state: .ended, position: state.position, duration: state.duration))
                if endsItself { outcome.put(0) }
            case .failed(let error):
                events?.write(.error(code: "playback-failed", message: error.message, fatal: true))
                if case .cannotWrite = error {
                    outcome.put(ExitStatus.cannotCreate)
                } else {
                    outcome.put(ExitStatus.noInput)
                }
            }
        }
        if start > .zero { player.seek(to: start) }
    }

    /// The film as if it were somebody.
    private var everybody: Participant { Participant(id: file, name: file) }

    private func finish(_ status: Int32) -> Int32 {
        player.stop()
        let played = player.statistics
        var summary = ParticipantSummary(participant: everybody)
        summary.framesDecoded = played.framesShown
        summary.framesLost = played.framesLate
        summary.audio = played.sound
        summary.audioLevelDb = played.levelDb
        events?.write(.summary(duration: Clock.now() - startedAt, exitStatus: status, [summary]))
        return status
    }

    // MARK: On the screen

    private func update(_ model: inout StreamModel, _ shown: inout [Int: Instant]) {
        let state = player.state
        model.keys = Self.keys
        model.waiting = player.names.isEmpty ? "sound only" : ""
        model.progress = .init(position: state.position, duration: state.duration)
        model.mark = state.hasEnded ? "end" : state.isPaused ? "paused" : ""
        let volume = volume.value
        model.status =
            (state.speed == 1 ? [] : ["\(state.speed)×"])
            + (volume == 1 ? [] : ["volume \(Int((volume * 100).rounded())) %"])
        for (track, name) in player.names.enumerated() {
            let isNew = !model.tiles.indices.contains(track)
            if isNew { model.tiles.append(.init(name: name)) }
            guard let picture = player.newestPicture(track), shown[track] != picture.captureTime else { continue }
            shown[track] = picture.captureTime
            model.tiles[track].picture = picture
        }
    }

    private func setVolume(_ change: (Float) -> Float) {
        let factor = volume.withLock { volume in
            volume = change(volume)
            return volume
        }
        player.setVolume(factor)
    }

    private static let keys: [StreamModel.Key] = [
        .init("space", "pause, go on"), .init("← →", "5 s back, on"), .init("↓ ↑", "a minute back, on"),
        .init("home 0…9", "beginning, tenths"), .init("[ ]", "slower, quicker"), .init("=", "normal speed"),
        .init("+ -", "louder, quieter"), .init("m", "silence"),
        .init("q", "quit"), .init("mouse", "click the bar"),
    ]

    private func handle(_ key: KeyEvent, _ model: inout StreamModel) {
        let state = player.state
        switch key.code {
        case .character(" "), .character("p"):
            if state.hasEnded { player.seek(to: .zero) } else { player.setPaused(!state.isPaused) }
        case .left: player.seek(to: state.position - Self.shortStep)
        case .right: player.seek(to: state.position + Self.shortStep)
        case .down: player.seek(to: state.position - Self.longStep)
        case .up: player.seek(to: state.position + Self.longStep)
        case .home: player.seek(to: .zero)
        case .character("["): player.setSpeed(Self.speeds.last { $0 < state.speed } ?? state.speed)
        case .character("]"): player.setSpeed(Self.speeds.first { $0 > state.speed } ?? state.speed)
        case .character("="): player.setSpeed(1)
        case .character("+"): setVolume { min(2, $0 + 0.1) }
        case .character("-"): setVolume { max(0, $0 - 0.1) }
        case .character("m"): setVolume { $0 > 0 ? 0 : 1 }
        case .character("q"), .escape: outcome.put(0)
        case .character("c") where key.modifiers.contains(.control): outcome.put(0)
        case .character(let digit) where "0"..."9" ~= digit:
            player.seek(to: state.duration * Double(digit.value - 48) / 10)
        default: break
        }
    }
}
