import Call
import Glibc
import Media
import Primitives
import Runtime
import TerminalGraphics
import TerminalIO
import UI

/// The screen of `play`, `watch` and `broadcast`: draws a `StreamModel` thirty times a second and hands on keys. It owns
/// the main thread.
final class StreamScreen {
    /// What a verb does with the screen.
    struct Program {
        /// Brings the model up to date; called before each frame.
        var update: (inout StreamModel) -> Void
        var key: (KeyEvent, inout StreamModel) -> Void
        /// A click on the progress bar, 0…1.
        var seek: (Double) -> Void = { _ in }
        /// The exit status once it is over.
        var status: () -> Int32?
        /// The window is gone.
        var closed: () -> Void
    }

    private let terminal: Terminal
    private var model: StreamModel
    private let view = StreamView()

    private static let frameInterval = Duration.microseconds(33_333)

    init(title: String, _ options: DrawingOptions) throws {
        do {
            terminal = try Terminal.open(options.terminal)
        } catch {
            throw Failure(ExitStatus.unavailable, error.message)
        }
        StandardErrorLogHandler.silenced.set()
        model = StreamModel(title: title, size: terminal.size, profile: terminal.profile)
    }

    /// Ends waiting for keys, and gives the terminal back, from any thread.
    var interruption: (wake: @Sendable () -> Void, restore: @Sendable () -> Void) {
        let terminal = Handover(terminal)
        return ({ terminal.value.wake() }, { terminal.value.restore() })
    }

    /// Shows the program until it is over; its exit status.
    func run(_ program: Program) -> Int32 {
        defer {
            terminal.restore()
            StandardErrorLogHandler.silenced.set(false)
        }
        var nextFrameAt = Clock.now()
        var isGone = false
        while true {
            for event in terminal.poll(until: nextFrameAt) {
                if case .closed = event {
                    if !isGone { program.closed() }
                    isGone = true
                } else {
                    handle(event, program)
                }
            }
            if let status = program.status() { return status }
            let now = Clock.now()
            guard now >= nextFrameAt else { continue }
            nextFrameAt = max(nextFrameAt + Self.frameInterval, now)
            program.update(&model)
            if !isGone { terminal.submit(view.draw(model)) }
        }
    }

    private func handle(_ event: TerminalEvent, _ program: Program) {
        switch event {
        case .resized(let size): model.size = size
        case .profile(let profile): model.profile = profile
        case .input(.key(let key)) where key.kind != .release:
            if model.showsHelp {
                model.showsHelp = false
            } else if key.code == .character("?") || key.code == .function(1) {
                model.showsHelp = true
            } else {
                program.key(key, &model)
            }
        case .input(.mouse(let mouse)) where mouse.button == .left && mouse.kind == .press:
            if let fraction = model.fraction(at: mouse.position) { program.seek(fraction) }
        case .input, .closed: break
        }
    }
}
