import Call
import Engine
import Media
import Primitives
import Runtime
import SignalTransport
import TerminalGraphics
import UI

/// One live stream from beginning to end, on the screen or without.
final class LiveSession: Sendable {
    private let configuration: LiveStreamConfiguration
    private let options: StreamOptions
    private let media: LocalMedia
    private let events: EventWriter?
    private let outcome = Mailbox<Int32>(capacity: 1, overflow: .dropNewest)
    private let controller: Protected<LiveStreamController?> = Protected(nil)
    private let words = Protected(Words())

    /// What the status line says.
    private struct Words: Sendable {
        var state = "connecting…"
        var isLive = false
        var quality: QualityReport?
        var muted = false
    }

    init(_ configuration: LiveStreamConfiguration, _ options: StreamOptions) throws {
        self.configuration = configuration
        self.options = options
        events = try EventWriter(options.events ?? (options.runsHeadless ? .standardOutput : .none))
        media = try LocalMedia(configuration.call)
    }

    func run() throws -> Int32 {
        guard !options.runsHeadless else {
            Interruption.watch { [self] in leave(.signal) }
            start()
            return outcome.take() ?? ExitStatus.internalError
        }
        let screen = try StreamScreen(title: configuration.endpoint.description, options.screen)
        let (wake, restore) = screen.interruption
        Interruption.watch { [self] in
            leave(.signal)
            wake()
        } restore: {
            restore()
        }
        start()
        var shown = Instant.zero
        let status = screen.run(
            StreamScreen.Program(
                update: { [self] in update(&$0, &shown) }, key: { [self] key, _ in handle(key) },
                status: { [outcome] in outcome.takeNow() }, closed: { [self] in leave(.signal) }))
        if status != 0, let reason = failure.value { Failure(status, reason).end() }
        return status
    }

    /// Why it ended, said once the terminal is given back.
    private let failure: Protected<String?> = Protected(nil)

    private func start() {
        CallLoop.post { [self] in
            do {
                let observer = CallController.Observer(
                    event: { [self] in note($0) }, finished: { [outcome] in outcome.put($0) })
                let live = try LiveStreamController(
                    configuration, media: media, signalLoop: SignalLoop(), observer: observer)
                controller.value = live
                live.start()
            } catch {
                events?.write(.error(code: "internal", message: "\(error)", fatal: true))
                outcome.put(ExitStatus.internalError)
            }
        }
    }

    private func perform(_ work: @escaping @CallLoop @Sendable (LiveStreamController) -> Void) {
        CallLoop.post { [controller] in
            if let live = controller.value { work(live) }
        }
    }

    private func leave(_ reason: LeftReason) { perform { $0.leave(reason) } }

    private func note(_ event: CallEvent) {
        events?.write(event)
        words.withLock { words in
            switch event {
            case .joined, .reconnected: (words.state, words.isLive) = ("", true)
            case .reconnecting(_, _, let attempt, _):
                (words.state, words.isLive) = ("trying again (\(attempt))…", false)
            case .quality(let reports): words.quality = reports.first
            default: break
            }
        }
        if case .error(_, let message, true) = event { failure.value = message }
    }

    // MARK: On the screen

    private func update(_ model: inout StreamModel, _ shown: inout Instant) {
        let isPublishing = configuration.direction == .publish
        let words = words.value
        model.keys = isPublishing ? [.init("m", "mute or unmute"), .init("q", "end")] : [.init("q", "end")]
        model.mark = words.isLive ? isPublishing ? "LIVE" : "" : ""
        model.waiting = words.state.isEmpty ? "no picture" : words.state
        model.status = ([words.muted ? "muted" : "", words.state] + numbers(words.quality)).filter { !$0.isEmpty }
        if model.tiles.isEmpty { model.tiles = [.init(name: "")] }
        let picture =
            isPublishing ? media.camera.newestPicture : media.decoder.newestPicture(of: LiveStreamController.stream)
        model.tiles[0].isOwn = isPublishing
        let level =
            isPublishing ? media.microphone.level : media.playout.statistics(of: LiveStreamController.stream).level
        model.level = Double(level)
        guard let picture else {
            model.tiles[0].picture = nil
            return
        }
        guard picture.captureTime != shown else { return }
        shown = picture.captureTime
        model.tiles[0].picture = picture
    }

    private func numbers(_ quality: QualityReport?) -> [String] {
        guard let quality else { return [] }
        let size = quality.size.isNone ? "" : quality.size.description
        return [size, "\(quality.bitrate.kilobitsPerSecond) kbit/s"]
    }

    private func handle(_ key: KeyEvent) {
        switch key.code {
        case .character("q"), .escape: leave(.asked)
        case .character("c") where key.modifiers.contains(.control): leave(.asked)
        case .character("m") where configuration.direction == .publish:
            let muted = words.withLock { words in
                words.muted.toggle()
                return words.muted
            }
            perform { $0.setMuted(muted) }
        default: break
        }
    }
}
