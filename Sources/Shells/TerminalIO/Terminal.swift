import CLinux
import CNcurses
import CTerminal
import Glibc
import Media
import Primitives
import Runtime
import TerminalGraphics

package enum TerminalError: Error, Equatable, Sendable {
    /// Standard input or output is something else.
    case notATerminal
    /// It cannot be drawn on: its type has no cursor addressing (`TERM=dumb`).
    case tooSimple(String)
    /// The system refused, with this error number.
    case system(Int32)

    package var message: String {
        switch self {
        case .notATerminal: "standard input and output are not a terminal; --headless joins without one"
        case .tooSimple(let type): "a terminal of type \(type) cannot be drawn on; --plain joins without drawing"
        case .system(let number): "the terminal cannot be set up: \(String(cString: strerror(number)))"
        }
    }
}

/// What happened on the terminal.
package enum TerminalEvent: Equatable, Sendable {
    case input(InputEvent)
    case resized(CellSize)
    /// It turned out to do more than was thought.
    case profile(TerminalProfile)
    /// It is gone: the window was closed or the line was cut.
    case closed
}

/// The terminal that the program was started on: modes, size, input and output. One a process.
///
/// From `open` to `restore` the terminal is ours; it is given back on every way out, crashes and signals included
/// (`CTerminal`). Pictures go through a thread of their own, so that a slow line never blocks the caller. The other
/// methods belong to one thread, except `wake`.
package final class Terminal: @unchecked Sendable {  // `wake` and `submit` only touch what is safe to share
    /// What the user asked for, instead of what was found out.
    package struct Options: Sendable {
        package var colours: ColourMode?
        package var cellAspect: Double?
        package var glyphs: GlyphSet?
        package var pixels: PixelScreen.Format?
        /// Bytes a second that may be written at most.
        package var rate: Double?

        package init(
            colours: ColourMode? = nil, cellAspect: Double? = nil, glyphs: GlyphSet? = nil,
            pixels: PixelScreen.Format? = nil, rate: Double? = nil
        ) {
            self.colours = colours
            self.cellAspect = cellAspect
            self.glyphs = glyphs
            self.pixels = pixels
            self.rate = rate
        }
    }

    package private(set) var profile: TerminalProfile
    package private(set) var size: CellSize
    private let options: Options
    private let wakeDescriptor: Int32
    private let writer: FrameWriter
    private var parser = InputParser()
    private var probe = TerminalProbe()
    /// A frame that waits for the answers, and until when; nil when the waiting is over.
    private var held: CellGrid?
    private var heldUntil: Instant?
    private var isRestored = false
    private var hasKeyboardReports = false
    private var undoesKittyImages = false
    /// Size of a cell in pixels, as far as it is known.
    private var cell: PixelSize?
    /// What a kitty is asked whether it can read it; until all answers are there.
    private var trial: PixelExchange? = PixelExchange()
    private static let input = STDIN_FILENO
    static let output = STDOUT_FILENO

    // MARK: Opening and giving back

    /// Takes the terminal over: raw modes, alternate screen, mouse, paste and focus reports. It is asked what else it
    /// can do; the answers change `profile` when they come.
    package static func open(_ options: Options = Options()) throws(TerminalError) -> Terminal {
        guard isatty(input) == 1, isatty(output) == 1 else { throw .notATerminal }
        setlocale(LC_CTYPE, "")
        // A type this machine has no description of is most often a newer kind of xterm.
        if confab_terminfo(nil, output) != 0, confab_terminfo("xterm-256color", output) != 0 {
            throw .tooSimple(environment("TERM") ?? "unknown")
        }
        guard confab_terminfo_is_addressable() != 0 else { throw .tooSimple(environment("TERM") ?? "unknown") }
        return try Terminal(options)
    }

    private init(_ options: Options) throws(TerminalError) {
        self.options = options
        profile = TerminalDescription.profile(terminfo: Self.terminfo, environment: Self.environment)
        if let colours = options.colours { profile.colours = colours }
        if let glyphs = options.glyphs { profile.glyphs = glyphs }
        (size, profile.cellAspect) = Self.measure(cellAspect: options.cellAspect ?? profile.cellAspect, options)
        let usual = Self.cellPixels() ?? PixelScreen.usualCell
        cell = Self.cellPixels()
        profile.pixels = options.pixels.map { PixelScreen($0, cell: usual, isAsked: true) }
        let descriptor = Self.openOutput()
        wakeDescriptor = confab_terminal_open(
            Self.input, descriptor, Self.setup, Self.setup.count, Self.teardown, Self.teardown.count)
        guard wakeDescriptor >= 0 else { throw .system(errno) }
        writer = FrameWriter(
            descriptor: descriptor, profile: profile, economy: FrameEffort.usualEconomy, cap: options.rate)
        writer.ask(TerminalProbe.questions(kitty: options.glyphs == nil ? trial?.kittyQuestions() ?? [] : []))
        undoKittyImages()
        heldUntil = Clock.now() + TerminalProbe.patience
    }

    private static let setup =
        EscapeSequences.enterAlternateScreen + EscapeSequences.hideCursor + EscapeSequences.automaticMarginsOff
        + EscapeSequences.bracketedPasteOn + EscapeSequences.mouseOn + EscapeSequences.focusReportsOn
        + EscapeSequences.clearScreen
    private static let teardown = EscapeSequences.restoreAll
    /// The terminal once more, as a file description of our own: non-blocking writes must not make those of the shell
    /// that shares standard output with us non-blocking too.
    private static func openOutput() -> Int32 {
        if let name = ttyname(output) {
            let descriptor = Glibc.open(name, O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC)
            if descriptor >= 0 { return descriptor }
        }
        return dup(output)
    }

    /// Gives the terminal back as it was found. More calls do nothing.
    package func restore() {
        guard !isRestored else { return }
        isRestored = true
        trial = nil
        writer.close()
        confab_terminal_close()
        close(writer.descriptor)
        tcflush(Self.input, TCIFLUSH)  // answers still to be read would be typed into the user's shell
    }

    deinit { restore() }

    // MARK: Output

    /// Shows `grid` as soon as the line allows; a grid not yet begun to be written is replaced by a newer one.
    ///
    /// The first one waits for the terminal's answers, but for no longer than `TerminalProbe.patience`.
    package func submit(_ grid: CellGrid) {
        if heldUntil != nil {
            held = grid
            releaseFrame(now: Clock.now())
        } else {
            writer.submit(grid)
        }
    }

    private func releaseFrame(now: Instant) {
        guard let until = heldUntil, probe.isFinished || until <= now else { return }
        heldUntil = nil
        if let held { writer.submit(held) }
        held = nil
    }

    /// Writes bytes between two frames: the clipboard, the title.
    package func submit(control bytes: [UInt8]) { writer.submit(control: bytes) }

    /// Frames that were replaced before they were shown, and bytes written.
    package var statistics: FrameWriter.Statistics { writer.statistics }

    // MARK: Input

    /// Ends the waiting of `poll` from any thread.
    package func wake() { confab_terminal_wake() }

    /// Waits until `deadline` (nil: for ever) for something to happen, `wake` included, and tells what did.
    package func poll(until deadline: Instant? = nil) -> [TerminalEvent] {
        var descriptors = [
            pollfd(fd: Self.input, events: Int16(POLLIN), revents: 0),
            pollfd(fd: wakeDescriptor, events: Int16(POLLIN), revents: 0),
        ]
        let until = earliest(earliest(deadline, parser.nextDeadline), heldUntil)
        _ = Glibc.poll(&descriptors, 2, Self.timeout(until: until))
        var events: [TerminalEvent] = []
        if descriptors[1].revents != 0 { takeSignals(into: &events) }
        if descriptors[0].revents != 0 { read(into: &events) }
        let now = Clock.now()
        takeInput(parser.handleTimeout(now: now), into: &events)
        releaseFrame(now: now)
        return events
    }

    /// Milliseconds for poll(2), rounded up so that the deadline has passed afterwards.
    private static func timeout(until deadline: Instant?) -> Int32 {
        guard let deadline else { return -1 }
        let left = (deadline - Clock.now()).nanoseconds
        return Int32(((left + 999_999) / 1_000_000).clamped(to: 0...3_600_000))
    }

    private func read(into events: inout [TerminalEvent]) {
        var buffer = [UInt8](repeating: 0, count: 4_096)
        let count = Glibc.read(Self.input, &buffer, buffer.count)
        if count > 0 {
            takeInput(parser.receive(buffer[..<count], now: Clock.now()), into: &events)
        } else if count == 0 || (errno != EINTR && errno != EAGAIN) {
            events.append(.closed)
        }
    }

    private func takeSignals(into events: inout [TerminalEvent]) {
        let happened = confab_terminal_events()
        if happened & CONFAB_TERMINAL_RESUMED != 0 { writer.repaint() }
        guard happened & CONFAB_TERMINAL_RESIZED != 0 else { return }
        let (size, aspect) = Self.measure(cellAspect: profile.cellAspect, options)
        self.size = size
        events.append(.resized(size))
        var changed = profile
        changed.cellAspect = aspect
        cell = Self.cellPixels() ?? cell
        if let cell { changed.pixels?.cell = cell }
        adopt(changed, into: &events)
    }

    private func takeInput(_ input: [InputEvent], into events: inout [TerminalEvent]) {
        for event in input {
            if case .reply(let reply) = event {
                takeReply(reply, into: &events)
            } else {
                events.append(.input(event))
            }
        }
    }

    // MARK: What the terminal can do

    private func takeReply(_ reply: TerminalReply, into events: inout [TerminalEvent]) {
        var changed = profile
        let wishes = TerminalProbe.Wishes(glyphs: options.glyphs, pixels: options.pixels, colours: options.colours)
        switch reply {
        case .cellPixels(let pixels): cell = cell ?? pixels
        case .textAreaPixels(let pixels):
            cell = cell ?? PixelSize(pixels.width / size.columns, pixels.height / size.rows)
        default: break
        }
        probe.take(reply, &changed, asked: wishes, cell: cell)
        if probe.isFinished { trial = nil }
        switch reply {
        case .status: writer.noteAnswer(at: Clock.now())
        case .keyboardFlags:
            askForKeyReleases()
            changed.reportsKeyReleases = true
        case .textAreaPixels(let pixels):
            guard options.cellAspect == nil else { break }
            let aspect = Double(pixels.width) / Double(size.columns) / (Double(pixels.height) / Double(size.rows))
            if 0.2...1.5 ~= aspect { changed.cellAspect = aspect }
        default: break
        }
        adopt(changed, into: &events)
    }

    private func askForKeyReleases() {
        guard !hasKeyboardReports else { return }
        hasKeyboardReports = true
        confab_terminal_extend(
            EscapeSequences.keyboardReportsOn, EscapeSequences.keyboardReportsOn.count,
            EscapeSequences.keyboardReportsOff, EscapeSequences.keyboardReportsOff.count)
    }

    /// However the program ends, pictures do not stay.
    private func undoKittyImages() {
        guard profile.pixels?.format == .kitty, !undoesKittyImages else { return }
        undoesKittyImages = true
        // From the middle of a picture, too.
        let undo = Array("\u{1b}\\".utf8) + PixelSequences.deleteKittyImages
        confab_terminal_extend(undo, 0, undo, undo.count)
    }

    private func adopt(_ changed: TerminalProfile, into events: inout [TerminalEvent]) {
        guard changed != profile else { return }
        profile = changed
        undoKittyImages()
        writer.adopt(changed)
        events.append(.profile(changed))
    }
}
