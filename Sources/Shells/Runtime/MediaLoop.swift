import CSockets
import Glibc
import Primitives

/// The one thread on which the media server's state lives: sockets, packets, rooms and their signalling.
///
/// A global actor like `CallLoop`, but over epoll: synchronous code on it calls synchronous code without a hop, and no
/// packet waits for a scheduler.
@globalActor
package actor MediaLoop {
    package static let shared = MediaLoop()

    nonisolated package let executor = MediaExecutor()
    nonisolated package var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    package typealias Work = @MediaLoop @Sendable () -> Void

    /// Runs `work` on the loop, in the order of posting.
    nonisolated package static func post(_ work: @escaping Work) {
        // The executor runs it on the loop's thread, which is what the attribute promises.
        shared.executor.enqueue(unsafeBitCast(work, to: (@Sendable () -> Void).self))
    }

    /// Runs `work` on the loop and waits for it. For starting, stopping and tests; a loop must not wait for another one.
    nonisolated package static func run<Result: Sendable>(_ work: @escaping @MediaLoop @Sendable () -> Result) -> Result
    {
        if shared.executor.isOnLoop { return assumeIsolated(work) }
        let answer = Mailbox<Result>(capacity: 1, overflow: .dropNewest)
        post { answer.put(work()) }
        guard let result = answer.take() else { preconditionFailure("the loop runs as long as the process") }
        return result
    }

    /// Enters the loop's isolation from code that is known to run on its thread; traps elsewhere.
    nonisolated package static func assumeIsolated<Result>(_ body: @MediaLoop () -> Result) -> Result {
        precondition(shared.executor.isOnLoop, "this must run on the media loop")
        return withoutActuallyEscaping(body) { escaping in
            unsafeBitCast(escaping, to: (() -> Result).self)()
        }
    }
}

/// Runs the loop's thread: posted work, timers, then whatever epoll has.
package final class MediaExecutor: SerialExecutor, @unchecked Sendable {
    // Everything but `queue` and `threadID` is touched on the loop's thread only; those have their own locks.
    private let queue = Protected<[@Sendable () -> Void]>([])
    private let poller: Int32
    private let wakeUp: Int32
    private let threadID = Protected<UInt>(0)
    private var timers = TimerHeap()
    private var dueTimers: [TimerHeap.Entry] = []
    private var watches: [Int32: MediaWatch] = [:]
    private var flushes: [@MediaLoop () -> Void] = []

    fileprivate init() {
        var wakeUp: Int32 = -1
        poller = confab_poller_open(&wakeUp)
        self.wakeUp = wakeUp
        precondition(poller >= 0, "the system gives no descriptors")
        let thread = JoinableThread(name: "media") { [self] in run() }
        _ = Unmanaged.passRetained(thread)  // the loop lives as long as the process
    }

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        enqueue { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
    }

    fileprivate func enqueue(_ work: @escaping @Sendable () -> Void) {
        let wasEmpty = queue.withLock { queue in
            queue.append(work)
            return queue.count == 1
        }
        // The loop looks at its queue before it waits; only others have to wake it.
        if wasEmpty && !isOnLoop { confab_poller_wake(wakeUp) }
    }

    package func asUnownedSerialExecutor() -> UnownedSerialExecutor { UnownedSerialExecutor(ordinary: self) }
    package func isIsolatingCurrentContext() -> Bool? { isOnLoop }
    package func checkIsolated() { precondition(isOnLoop, "this must run on the media loop") }

    package var isOnLoop: Bool { threadID.value == UInt(pthread_self()) }
}

// MARK: - Running

extension MediaExecutor {
    private func run() {
        threadID.value = UInt(pthread_self())
        let ready = UnsafeMutablePointer<confab_ready>.allocate(capacity: 64)
        while true {
            drain()
            let next = runTimers()
            for flush in flushes { MediaLoop.assumeIsolated(flush) }
            let count = confab_poller_wait(poller, ready, timeout(until: next))
            for index in 0..<Int(count) { dispatch(ready[index]) }
        }
    }

    private func dispatch(_ ready: confab_ready) {
        if ready.descriptor == wakeUp {
            confab_poller_calm(wakeUp)
        } else if let watch = watches[ready.descriptor] {
            watch.handle(readable: ready.readable != 0, writable: ready.writable != 0)
        }
    }

    /// In whole milliseconds, rounded up so as not to wake too early; -1 waits for ever.
    private func timeout(until deadline: Instant?) -> Int32 {
        guard queue.withLock({ $0.isEmpty }) else { return 0 }
        guard let deadline else { return -1 }
        let left = (deadline - Clock.now()).nanoseconds
        return Int32(((left + 999_999) / 1_000_000).clamped(to: 0...60_000))
    }

    private func drain() {
        let work = queue.withLock { queue in
            let all = queue
            queue.removeAll(keepingCapacity: true)
            return all
        }
        for job in work { job() }
    }

    /// Fires what is due and tells the next deadline. What is set while they fire waits for the next round, so that sockets
    /// get their turn.
    private func runTimers() -> Instant? {
        let now = Clock.now()
        while let entry = timers.popFirst(dueAt: now) { dueTimers.append(entry) }
        for entry in dueTimers { entry.fire(now) }
        dueTimers.removeAll(keepingCapacity: true)
        return timers.nextDeadline
    }

    fileprivate func schedule(_ alarm: MediaAlarm, at deadline: Instant) { timers.insert(alarm, deadline) }

    /// What is done before the loop waits, each time: sending what was collected.
    @MediaLoop package func addFlush(_ flush: @escaping @MediaLoop () -> Void) { flushes.append(flush) }
}

// MARK: - Descriptors

extension MediaExecutor {
    fileprivate func add(_ watch: MediaWatch) {
        watches[watch.descriptor] = watch
        confab_poller_add(poller, watch.descriptor)
    }

    fileprivate func change(_ descriptor: Int32, writable: Bool) {
        confab_poller_change(poller, descriptor, writable ? 1 : 0)
    }

    fileprivate func remove(_ descriptor: Int32) {
        watches[descriptor] = nil
        confab_poller_remove(poller, descriptor)
    }
}

/// Tells when a descriptor can be read or written. It must be cancelled before the descriptor is closed.
@MediaLoop
package final class MediaWatch {
    nonisolated let descriptor: Int32
    private let handler: @MediaLoop (_ readable: Bool, _ writable: Bool) -> Void

    package init(
        _ descriptor: Int32, _ handler: @escaping @MediaLoop (_ readable: Bool, _ writable: Bool) -> Void
    ) {
        self.descriptor = descriptor
        self.handler = handler
        MediaLoop.shared.executor.add(self)
    }

    /// Whether to tell of room for writing too.
    package func wantsToWrite(_ writable: Bool) { MediaLoop.shared.executor.change(descriptor, writable: writable) }

    package func cancel() { MediaLoop.shared.executor.remove(descriptor) }

    nonisolated fileprivate func handle(readable: Bool, writable: Bool) {
        MediaLoop.assumeIsolated { handler(readable, writable) }
    }
}

/// A deadline on the media loop. It fires once for each time it is set, and never after it is gone.
@MediaLoop
package final class MediaTimer {
    private let alarm: MediaAlarm

    package init(_ handler: @escaping @MediaLoop (Instant) -> Void) { alarm = MediaAlarm(handler) }

    isolated deinit { alarm.handler = nil }

    /// Sets or, with nil, clears the deadline.
    package func schedule(at deadline: Instant?) {
        guard deadline != alarm.deadline else { return }
        alarm.deadline = deadline
        if let deadline { MediaLoop.shared.executor.schedule(alarm, at: deadline) }
    }
}

/// What the loop keeps of a timer.
@MediaLoop
private final class MediaAlarm {
    var deadline: Instant?
    var handler: (@MediaLoop (Instant) -> Void)?

    init(_ handler: @escaping @MediaLoop (Instant) -> Void) { self.handler = handler }

    /// Does nothing where the deadline was moved or cleared since the entry was made.
    fileprivate func fire(_ entry: Instant, _ now: Instant) {
        guard deadline == entry else { return }
        deadline = nil
        handler?(now)
    }
}

/// Deadlines, the earliest first: a binary heap. An entry stays when its timer is set anew, and is then skipped when its
/// time comes, so a server with hundreds of timers looks at those that are due and no others.
private struct TimerHeap {
    struct Entry {
        let deadline: Instant
        let alarm: MediaAlarm

        func fire(_ now: Instant) { MediaLoop.assumeIsolated { alarm.fire(deadline, now) } }
    }

    private var entries: [Entry] = []

    var nextDeadline: Instant? { entries.first?.deadline }

    mutating func insert(_ alarm: MediaAlarm, _ deadline: Instant) {
        entries.append(Entry(deadline: deadline, alarm: alarm))
        var child = entries.count - 1
        while child > 0, entries[child].deadline < entries[(child - 1) / 2].deadline {
            entries.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    mutating func popFirst(dueAt now: Instant) -> Entry? {
        guard let first = entries.first, first.deadline <= now else { return nil }
        entries.swapAt(0, entries.count - 1)
        entries.removeLast()
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < entries.count {
                if entries[child].deadline < entries[least].deadline { least = child }
            }
            guard least != parent else { return first }
            entries.swapAt(parent, least)
            parent = least
        }
    }
}
