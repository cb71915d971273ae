import Call
import Engine
import Media
import Primitives
import Runtime
import Signalling
import TerminalGraphics
import TerminalIO
import UI

/// The call on the screen: events of the call and of the terminal go into the model, its picture goes out at a steady
/// rate. It owns the main thread.
final class TerminalFrontEnd {
    private let runner: CallRunner
    private let media: LocalMedia
    private let terminal: Terminal
    private var model: UIModel
    private let view = UIView()
    private let inbox = Mailbox<UIMessage>(capacity: 4_096, overflow: .dropOldest)
    /// Files to write what is shown to.
    private let snapshots = Mailbox<(file: String, answer: CommandDesk.Answer)>(capacity: 16, overflow: .dropOldest)
    private let invitation: JoinLink
    private var shown: [String: Instant] = [:]
    private var isDirty = true
    private var isGone = false

    private static let frameInterval = Duration.microseconds(33_333)
    private static let levelInterval = Duration.milliseconds(100)
    private var levelsDueAt = Instant.zero
    private var statisticsDueAt = Instant.zero

    init(
        _ runner: CallRunner, _ media: LocalMedia, _ options: CallOptions, invitation: JoinLink, isHost: Bool
    ) throws {
        self.runner = runner
        self.media = media
        self.invitation = invitation
        do {
            terminal = try Terminal.open(options.drawing.terminal)
        } catch {
            throw Failure(ExitStatus.unavailable, error.message)
        }
        StandardErrorLogHandler.silenced.set()
        model = UIModel(ownName: options.name, size: terminal.size, profile: terminal.profile)
        model.isHost = isHost
        for binding in UserSettings.current.value?.file.bindings ?? [] {
            _ = model.keys.bind(binding.key, to: binding.action.flatMap(UIAction.init(rawValue:)))
        }
        model.receivesVideo = !options.audioOnly
    }

    /// Runs the call to its end; the exit status. The terminal is given back before this returns.
    func run(
        _ configuration: CallConfiguration, link: JoinLink, token: String?, events: EventOutput
    ) -> Int32 {
        var configuration = configuration
        // Until the layout says what is shown, nothing is asked for.
        configuration.view = PixelSize(160, 90)
        let terminal = Handover(terminal)
        Interruption.watch { [runner] in
            runner.leave(.signal)
            terminal.value.wake()
        } restore: {
            terminal.value.restore()
        }
        let texts = [invitation.text]
        let screen: CommandDesk.Screen = { [inbox, snapshots] command in
            if let message = command.message { inbox.put(.command(message)) }
            if case .snapshot(let file, let answer) = command { snapshots.put((file, answer)) }
            terminal.value.wake()
        }
        runner.start(configuration, link: link, token: token, media: media, screen: screen) { [inbox] entries in
            for entry in entries where !entry.isSelf {
                inbox.put(.connected(id: entry.participant.id, entry.isConnected))
                inbox.put(.muted(id: entry.participant.id, entry.state.muted))
                inbox.put(.camera(id: entry.participant.id, entry.state.camera))
            }
            if let own = entries.first(where: \.isSelf) {
                inbox.put(.ownState(isMuted: own.state.muted, hasCamera: own.state.camera))
            }
            terminal.value.wake()
        } event: { [inbox] event in
            events.write(event)
            for message in Translation.messages(for: event, invitations: texts) { inbox.put(message) }
            terminal.value.wake()
        }
        let status = loop()
        self.terminal.restore()
        StandardErrorLogHandler.silenced.set(false)
        runner.complain()
        return status
    }

    private func loop() -> Int32 {
        var nextFrameAt = Clock.now()
        while true {
            for event in terminal.poll(until: nextFrameAt) { handle(event) }
            while let message = inbox.takeNow() {
                if case .participantLeft(let id, _) = message { shown[id] = nil }
                update(message)
            }
            while let request = snapshots.takeNow() { takeSnapshot(request.file, request.answer) }
            if let status = runner.poll() { return status }
            let now = Clock.now()
            guard now >= nextFrameAt else { continue }
            nextFrameAt = max(nextFrameAt + Self.frameInterval, now)
            drawFrame(now: now)
        }
    }

    private func handle(_ event: TerminalEvent) {
        switch event {
        case .input(let input): update(.input(input))
        case .resized(let size): update(.resized(size))
        case .profile(let profile): update(.profile(profile))
        case .closed:
            if !isGone { runner.leave(.signal) }
            isGone = true
        }
    }

    private func drawFrame(now: Instant) {
        takePictures()
        if now >= levelsDueAt {
            levelsDueAt = now + Self.levelInterval
            takeLevels()
        }
        if now >= statisticsDueAt {
            statisticsDueAt = now + .seconds(1)
            takeStatistics()
        }
        update(.tick(now))
        guard isDirty, !isGone else { return }
        isDirty = false
        terminal.submit(view.draw(model))
    }

    private func takeSnapshot(_ file: String, _ answer: @escaping CommandDesk.Answer) {
        let reply = SnapshotFile.write(view.draw(model), terminal.profile, to: file)
        runner.perform { _ in answer(reply) }
    }

    /// Only pictures that were not shown before.
    private func takePictures() {
        for participant in model.others {
            guard let picture = media.decoder.newestPicture(of: participant.id),
                shown.updateValue(picture.captureTime, forKey: participant.id) != picture.captureTime
            else { continue }
            update(.picture(id: participant.id, picture))
        }
        if let own = media.camera.newestPicture, shown.updateValue(own.captureTime, forKey: "") != own.captureTime {
            update(.ownPicture(own))
        }
    }

    private func takeLevels() {
        for participant in model.others {
            update(.level(id: participant.id, Double(media.playout.statistics(of: participant.id).level)))
        }
        update(.ownLevel(Double(media.microphone.level)))
    }

    private func takeStatistics() {
        runner.perform { [inbox] call in
            for report in call.qualityReports() { inbox.put(.quality(id: report.participant.id, UIQuality(report))) }
        }
    }

    private func update(_ message: UIMessage) {
        if case .tick = message {} else { isDirty = true }
        for effect in model.update(message) { carryOut(effect) }
    }

    private func setRecording(_ on: Bool) {
        guard on else { return runner.perform { $0.stopRecording() } }
        // `confab-tea-2026-01-31T120000Z.webm`, in the current folder.
        let time = String(Clock.timestamp().prefix { $0 != "." }.filter { $0 != ":" })
        let file = "confab-\(model.room)-\(time)Z.webm"
        runner.perform { [inbox] call in
            do throws(DeviceError) { try call.record(to: file) } catch { inbox.put(.notice(error.message)) }
        }
    }

    private func carryOut(_ effect: UIEffect) {
        switch effect {
        case .setMuted(let muted): runner.perform { $0.setMuted(muted) }
        case .setCamera(let on): runner.perform { $0.setCamera(on) }
        case .sendChat(let text): runner.perform { $0.sendChat(text) }
        case .setVolume(let gain):
            for participant in model.others {
                let id = participant.id
                runner.perform { $0.setVolume(Float(gain), of: id) }
            }
        case .viewport(let id, let size): runner.perform { $0.setViewport(size, framesPerSecond: 30, of: id) }
        case .copyToClipboard(let text): terminal.submit(control: EscapeSequences.copyToClipboard(text))
        case .setRecording(let on): setRecording(on)
        case .leave: runner.leave(.asked)
        case .focus: break
        }
    }
}
