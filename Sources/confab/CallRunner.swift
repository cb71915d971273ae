import Call
import Engine
import Glibc
import Primitives
import Runtime
import SignalTransport
import Signalling

/// Runs one call to its end: starts it, leaves on signals, and gives the exit status.
final class CallRunner: Sendable {
    private let controller: Protected<CallController?> = Protected(nil)
    private let status = Mailbox<Int32>(capacity: 1, overflow: .dropNewest)
    private let signalLoop: SignalLoop
    /// Why the call came to a bad end.
    private let failure = Protected<String?>(nil)
    /// Where commands for this call go.
    let desk = CommandDesk()

    init(signalLoop: SignalLoop) { self.signalLoop = signalLoop }

    /// Starts the call; `roster` and `event` are called on the call loop. `screen` does what commands ask of one.
    func start(
        _ configuration: CallConfiguration, link: JoinLink, token: String?, media: LocalMedia,
        screen: CommandDesk.Screen? = nil,
        roster: @escaping @CallLoop @Sendable ([RosterEntry]) -> Void = { _ in },
        event: @escaping @CallLoop @Sendable (CallEvent) -> Void
    ) {
        CallLoop.post { [self] in
            do {
                let observer = CallController.Observer(
                    event: { [desk, failure] in
                        event($0)
                        desk.note($0)
                        if case .error(_, let message, fatal: true) = $0 { failure.value = message }
                    },
                    roster: { [desk] in
                        roster($0)
                        desk.note($0)
                    }, finished: { [status] in status.put($0) })
                let call = try CallController(
                    configuration, link: link, accessToken: token, media: media, signalLoop: signalLoop,
                    observer: observer)
                controller.value = call
                desk.attach(call, screen: screen)
                call.start()
            } catch {
                event(.error(code: "internal", message: "\(error)", fatal: true))
                failure.value = "\(error)"
                status.put(ExitStatus.internalError)
            }
        }
    }

    /// Does something with the call, on its loop.
    func perform(_ work: @escaping @CallLoop @Sendable (CallController) -> Void) {
        CallLoop.post { [controller] in
            if let call = controller.value { work(call) }
        }
    }

    func leave(_ reason: LeftReason) { perform { $0.leave(reason) } }

    /// Says on standard error why the call came to a bad end, where it did.
    func complain() {
        guard let message = failure.value else { return }
        writeAll(Array("confab: \(message.controlCharactersVisible)\n".utf8), to: STDERR_FILENO)
    }

    /// Waits for the end; the exit status.
    func wait() -> Int32 { status.take() ?? ExitStatus.internalError }

    /// The exit status once the call has ended.
    func poll() -> Int32? { status.takeNow() }
}

/// The first signal asks to leave politely; a second one, or three seconds, ends the process.
enum Interruption {
    static func watch(_ leave: @escaping @Sendable () -> Void, restore: @escaping @Sendable () -> Void = {}) {
        let seen = AtomicFlag()
        ProcessSignals.watch { number in
            if seen.isSet {
                restore()
                _exit(128 + number)
            }
            seen.set()
            leave()
            CallLoop.post {
                CallLoop.after(.seconds(3)) {
                    restore()
                    _exit(128 + number)
                }
            }
        }
    }
}
