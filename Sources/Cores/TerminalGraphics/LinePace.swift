import Primitives

/// Decides how many bytes may be on their way to the terminal, so that what is shown there is never old.
///
/// After each piece the terminal is asked for its status; its answer tells that it has drawn everything before. What is
/// not answered is in flight, and the window bounds that: it grows while answers come quickly, and shrinks to what the
/// line carries in a short time as soon as they do not (delay-based, as LEDBAT, RFC 6817). A terminal that never answers
/// is judged by how long writing to it blocks.
package struct LinePace: Sendable {
    /// How long bytes may wait behind others.
    private static let target = Duration.milliseconds(25)
    /// Waiting longer than this, the window was too large.
    private static let tooLong = Duration.milliseconds(40)
    private static let smallestWindow = 1_200
    private static let largestWindow = 1 << 20
    private static let firstWindow = 8_192
    /// What may be written at once while nothing is known of the line.
    private static let blindWindow = 65_536
    /// A question not answered for so long never will be; the terminal is then taken to answer nothing.
    private static let patience = Duration.seconds(3)
    /// The same before it has answered anything.
    private static let firstPatience = Duration.milliseconds(250)
    /// What the kernel holds of a terminal that does not answer: a pseudo-terminal takes about this much unread.
    private static let kernelBuffer = 12_288
    /// How long the least delay is believed; then the line is let run empty, and it is measured anew.
    private static let memory = Duration.seconds(60)

    private struct Question: Sendable {
        var sent: Instant
        /// Bytes written in all up to and with it.
        var total: Int
        /// Bytes answered when it was sent, for the rate.
        var answered: Int
    }

    /// Bytes a second that may be used at most.
    private let cap: Double?
    private var window = Self.firstWindow
    private var questions: [Question] = []
    private var written = 0
    private var answered = 0
    private var leastDelay: Duration?
    private var leastDelayTaken = Instant.zero
    /// Bytes a second that the line was seen to carry.
    package private(set) var rate: Double?
    package private(set) var answers = true
    private var hasAnswered = false
    /// Time by which everything written is thought to be drawn, where there are no answers.
    private var drainedAt = Instant.zero
    private var credit = 0.0
    private var creditTaken: Instant?

    package init(cap: Double? = nil) { self.cap = cap }

    private var inFlight: Int { written - answered }

    /// How many bytes may be written now; too few to begin with is 0.
    package mutating func allowance(now: Instant) -> Int {
        giveUpAsking(now: now)
        var allowed: Int
        if answers, leastDelay != nil, now - leastDelayTaken > Self.memory {
            guard inFlight == 0 else { return 0 }
            leastDelay = nil
            allowed = Self.smallestWindow
        } else if answers {
            allowed = window - inFlight
        } else if let rate {
            // As much as drains within the target, once what is there has drained.
            allowed = drainedAt <= now ? max(Self.smallestWindow, Int(rate * Self.target.seconds)) : 0
        } else {
            allowed = Self.blindWindow
        }
        if let cap { allowed = min(allowed, takeCredit(cap, now: now)) }
        return allowed >= Self.smallestWindow / 2 ? allowed : 0
    }

    /// When `allowance` is worth asking again although nothing has happened.
    package func nextChance(now: Instant) -> Instant {
        var next = now + .milliseconds(5)
        if !answers, drainedAt > now { next = min(drainedAt, now + .milliseconds(100)) }
        if let cap, credit < Double(Self.smallestWindow) {
            next = max(next, now + Duration(seconds: (Double(Self.smallestWindow) - credit) / cap))
        }
        return next
    }

    /// Whether a question shall follow what is written.
    package var wantsAnswer: Bool { answers && questions.count < 32 }

    /// Bytes were handed over, `isAsking` with the question at their end; writing them was held up for `blocked`.
    package mutating func wrote(_ bytes: Int, isAsking: Bool, blocked: Duration, now: Instant) {
        written += bytes
        credit -= Double(bytes)
        if isAsking {
            questions.append(Question(sent: now - blocked, total: written, answered: answered))
        } else if !answers {
            answered = written
            noteBlocking(bytes, blocked, now: now)
        }
    }

    /// The terminal has answered the oldest question.
    package mutating func answered(now: Instant) {
        answers = true
        hasAnswered = true
        guard !questions.isEmpty else { return }
        let question = questions.removeFirst()
        let bytes = question.total - question.answered
        answered = question.total
        let delay = now - question.sent
        // What the bytes themselves took is no delay of the line's.
        let own = rate.map { Duration(seconds: Double(bytes) / $0) } ?? .zero
        let idle = max(delay - own, .zero)
        if leastDelay.map({ delay < $0 }) ?? true {
            leastDelay = leastDelay == nil ? idle : delay
            leastDelayTaken = now
        }
        adjust(delay: delay, bytes: bytes)
    }

    /// `bytes` were in flight when the question was sent.
    private mutating func adjust(delay: Duration, bytes: Int) {
        let least = leastDelay ?? .zero
        let waited = delay - least
        let carried = Double(bytes) / max(delay.seconds, 0.000_5)
        if waited <= Self.target {
            // Only a window that was used says anything about a larger one.
            let isShort = waited <= Self.target / 2
            if bytes * 2 >= window { window = min(isShort ? window * 2 : window * 6 / 5, Self.largestWindow) }
            rate = max(rate ?? 0, carried)
        } else {
            rate = Double(bytes) / max((delay - least).seconds, 0.000_5)
            if waited > Self.tooLong {
                let fitting = Int((rate ?? 0) * Self.target.seconds + carried * least.seconds)
                window = max(Self.smallestWindow, min(window * 3 / 4, fitting))
            }
        }
    }

    private mutating func noteBlocking(_ bytes: Int, _ blocked: Duration, now: Instant) {
        guard blocked > .milliseconds(2) else {
            if let rate, drainedAt > now {
                drainedAt += Duration(seconds: Double(bytes) / rate)
            } else {
                drainedAt = now
            }
            return
        }
        let carried = Double(bytes) / blocked.seconds
        rate = rate.map { $0 * 0.5 + carried * 0.5 } ?? carried
        drainedAt = now + Duration(seconds: Double(Self.kernelBuffer) / max(1, rate ?? 1))
    }

    private mutating func giveUpAsking(now: Instant) {
        let patience = hasAnswered ? Self.patience : Self.firstPatience
        guard let first = questions.first, now - first.sent > patience else { return }
        questions = []
        answered = written
        answers = false
    }

    /// Unused credit lasts for a tenth of a second.
    private mutating func takeCredit(_ cap: Double, now: Instant) -> Int {
        let most = max(cap / 10, Double(Self.smallestWindow))
        let since = creditTaken.map { (now - $0).seconds } ?? 0.1
        credit = min(credit + cap * since, most)
        creditTaken = now
        return Int(credit)
    }
}
