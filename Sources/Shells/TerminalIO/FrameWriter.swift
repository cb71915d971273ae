import CTerminal
import Glibc
import Primitives
import Runtime
import TerminalGraphics

/// Writes frames to the terminal on a thread of its own, always the newest one, and no more than the line carries.
///
/// A frame is written in pieces as large as `LinePace` allows. When a newer frame comes before all of it was written, the
/// rest is written from the newer one: `ScreenPainter` knows what the terminal shows by then. Frames that need too many
/// pieces are drawn more coarsely.
package final class FrameWriter: Sendable {
    package struct Statistics: Hashable, Sendable {
        /// Frames that a newer one replaced before they were begun.
        package var replaced = 0
        package var written = 0
        package var bytes = 0
        /// Bytes a second the line was seen to carry; nil while it never was too slow to tell.
        package var bytesPerSecond: Double?
        /// How much error a byte is worth at the moment.
        package var economy = 0.0
    }

    private struct Work {
        var grid: CellGrid?
        var control: [UInt8] = []
        /// To be followed by a question for the status.
        var questions: [UInt8] = []
        var profile: TerminalProfile?
        var mustRepaint = false
        /// When the terminal answered.
        var answers: [Instant] = []
        var statistics = Statistics()
    }

    /// Clipboard and title: what is over is not taken.
    private static let longestControl = 1 << 20
    /// A frame shall be on the screen within this time.
    private static let frameTime = Duration.milliseconds(80)

    let descriptor: Int32
    private let leastEconomy: Double
    private let cap: Double?
    private let work = Protected(Work())
    private let bell = Mailbox<Void>(capacity: 1, overflow: .dropNewest)
    private let isClosing = AtomicFlag()
    private let thread = Protected<JoinableThread?>(nil)

    /// `cap` is in bytes a second.
    init(descriptor: Int32, profile: TerminalProfile, economy: Double, cap: Double?) {
        self.descriptor = descriptor
        self.cap = cap
        leastEconomy = economy
        thread.withLock { $0 = JoinableThread(name: "terminal") { [self] in run(ScreenPainter(profile: profile)) } }
    }

    func submit(_ grid: CellGrid) {
        change {
            if $0.grid != nil { $0.statistics.replaced += 1 }
            $0.grid = grid
        }
    }

    func submit(control bytes: [UInt8]) {
        change { if $0.control.count + bytes.count <= Self.longestControl { $0.control += bytes } }
    }

    /// Asks the terminal what it is; how soon it answers is the first thing known of the line.
    func ask(_ questions: [UInt8]) { change { $0.questions = questions } }

    func adopt(_ profile: TerminalProfile) { change { $0.profile = profile } }
    func repaint() { change { $0.mustRepaint = true } }
    /// The terminal has told its status, and so has drawn what was written before the question.
    func noteAnswer(at time: Instant) { change { if $0.answers.count < 64 { $0.answers.append(time) } } }
    var statistics: Statistics { work.withLock { $0.statistics } }

    /// Ends the thread; what is being written is left where it is.
    func close() {
        isClosing.set()
        bell.close()
        thread.withLock { $0 }?.join()
    }

    private func change(_ body: (inout Work) -> Void) {
        work.withLock { body(&$0) }
        bell.put(())
    }

    // MARK: On the thread

    private func run(_ screen: ScreenPainter) {
        var pace = LinePace(cap: cap)
        var choice = PixelChoice()
        var effort = FrameEffort(leastEconomy: leastEconomy, frameTime: Self.frameTime)
        var buffer: [UInt8] = []
        var waiting: CellGrid?
        var isUnfinished = false
        while !isClosing.isSet {
            if let newer = takeWork(screen, &pace) { waiting = newer }
            guard waiting != nil || isUnfinished else {
                guard bell.take() != nil else { return }
                continue
            }
            let now = Clock.now()
            let allowance = pace.allowance(now: now)
            guard allowance > 0 else {
                _ = bell.take(until: pace.nextChance(now: now))
                continue
            }
            screen.economy = effort.economy
            if let grid = waiting {
                effort.begin(now: now, isContinued: isUnfinished)
                screen.show(grid)
                waiting = nil
            }
            isUnfinished = !writePiece(of: screen, allowance, &pace, &effort, &buffer)
            choice.note(share: screen.pixelShare, now: Clock.now())
            screen.usePixels(choice.usesPixels)
        }
    }

    /// Takes what has come; everything but the grid goes into effect at once.
    private func takeWork(_ screen: ScreenPainter, _ pace: inout LinePace) -> CellGrid? {
        let taken = work.withLock { work in
            defer {
                work.grid = nil
                work.control = []
                work.questions = []
                work.profile = nil
                work.mustRepaint = false
                work.answers.removeAll(keepingCapacity: true)
            }
            return work
        }
        for time in taken.answers { pace.answered(now: time) }
        if taken.mustRepaint { screen.invalidate() }
        if let profile = taken.profile { screen.adopt(profile) }
        if !taken.control.isEmpty { _ = write(taken.control) }
        if !taken.questions.isEmpty {
            let questions = taken.questions + EscapeSequences.askStatus
            _ = write(questions)
            pace.wrote(questions.count, isAsking: true, blocked: .zero, now: Clock.now())
        }
        return taken.grid
    }

    /// True when the screen is complete, or the terminal gone.
    private func writePiece(
        of screen: ScreenPainter, _ allowance: Int, _ pace: inout LinePace, _ effort: inout FrameEffort,
        _ buffer: inout [UInt8]
    ) -> Bool {
        buffer.removeAll(keepingCapacity: true)
        let isComplete = screen.write(into: &buffer, limit: allowance)
        if !isComplete { screen.suspendFrame(into: &buffer) }
        let count = buffer.count
        guard count > 0 else {
            effort.wrote(0, isComplete: isComplete, now: Clock.now())
            return isComplete
        }
        let isAsking = pace.wantsAnswer
        if isAsking { buffer += EscapeSequences.askStatus }
        let begun = Clock.now()
        guard write(buffer) else { return true }
        let now = Clock.now()
        // What goes by shared memory takes the terminal's time too, though less.
        let besides = screen.takeBytesBesides() / 4
        pace.wrote(buffer.count + besides, isAsking: isAsking, blocked: now - begun, now: now)
        effort.wrote(count, isComplete: isComplete, now: now)
        let (rate, economy) = (pace.rate, effort.economy)
        work.withLock {
            if isComplete { $0.statistics.written += 1 }
            $0.statistics.bytesPerSecond = rate
            $0.statistics.economy = economy
        }
        return isComplete
    }

    /// False when the terminal is gone or is being given back.
    private func write(_ bytes: [UInt8]) -> Bool {
        var offset = 0
        while offset < bytes.count, !isClosing.isSet {
            let count = bytes.withUnsafeBytes { confab_terminal_write($0.baseAddress! + offset, bytes.count - offset) }
            if count > 0 {
                offset += count
                work.withLock { $0.statistics.bytes += count }
            } else if count < 0, errno == EAGAIN || errno == EINTR {
                var waiting = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                _ = poll(&waiting, 1, 100)
            } else {
                // Gone, given back, or stopped for a while; what is missing then comes with the repaint.
                return false
            }
        }
        return offset == bytes.count
    }
}
