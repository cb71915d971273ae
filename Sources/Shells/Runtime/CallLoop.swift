import CGLib
import Glibc
import Primitives

/// The one thread on which all protocol state of this process's calls lives: libnice, timers, packets, signalling.
///
/// It is a global actor, so the compiler checks that state marked `@CallLoop` is touched nowhere else; synchronous code
/// on it calls synchronous code without a hop. Callbacks of C libraries that run on the loop enter by `assumeIsolated`.
@globalActor
package actor CallLoop {
    package static let shared = CallLoop()

    nonisolated package let executor = LoopExecutor()
    nonisolated package var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    package typealias Work = @CallLoop @Sendable () -> Void

    /// Runs `work` on the loop, in the order of posting.
    nonisolated package static func post(_ work: @escaping Work) {
        // The executor runs it on the loop's thread, which is what the attribute promises.
        shared.executor.enqueue(unsafeBitCast(work, to: (@Sendable () -> Void).self))
    }

    /// Enters the loop's isolation from a callback that is known to run on its thread; traps elsewhere.
    nonisolated package static func assumeIsolated<Result>(_ body: @CallLoop () -> Result) -> Result {
        precondition(shared.executor.isOnLoop, "this must run on the call loop")
        return withoutActuallyEscaping(body) { escaping in
            unsafeBitCast(escaping, to: (() -> Result).self)()
        }
    }

    /// Runs `work` once, after `delay`.
    @CallLoop package static func after(_ delay: Duration, _ work: @escaping @CallLoop () -> Void) {
        var timer: LoopTimer?
        timer = LoopTimer { _ in
            work()
            timer = nil  // the closure kept its own timer alive until now
        }
        timer?.schedule(at: Clock.now() + delay)
    }

    /// The GLib context that libnice's agents are attached to.
    nonisolated package static var context: OpaquePointer { shared.executor.context }
}

/// Runs the loop's thread: posted work, timers, then whatever GLib's context has.
package final class LoopExecutor: SerialExecutor, @unchecked Sendable {
    // `timers` and `alarm` are touched on the loop's thread only; `queue` has its own lock.
    nonisolated(unsafe) package let context: OpaquePointer
    private let queue = Protected<[@Sendable () -> Void]>([])
    private let alarm: UnsafeMutablePointer<GSource>
    private var timers: [WeakTimer] = []
    private let threadID = Protected<UInt>(0)

    private struct WeakTimer {
        weak var timer: LoopTimer?
    }

    fileprivate init() {
        // GLib gives a context or ends the process.
        context = g_main_context_new()!
        alarm = confab_alarm_new(context)
        let thread = JoinableThread(name: "call loop") { [self] in run() }
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
        if wasEmpty && !isOnLoop { g_main_context_wakeup(context) }
    }

    package func asUnownedSerialExecutor() -> UnownedSerialExecutor { UnownedSerialExecutor(ordinary: self) }
    package func isIsolatingCurrentContext() -> Bool? { isOnLoop }
    package func checkIsolated() { precondition(isOnLoop, "this must run on the call loop") }

    package var isOnLoop: Bool { threadID.value == UInt(pthread_self()) }

    private func run() {
        threadID.value = UInt(pthread_self())
        g_main_context_push_thread_default(context)
        while true {
            drain()
            let next = runTimers()
            // GLib's monotonic time is the same clock, in microseconds; round up so as not to wake too early.
            g_source_set_ready_time(alarm, next.map { Int(($0.nanoseconds + 999) / 1_000) } ?? -1)
            g_main_context_iteration(context, queue.withLock { $0.isEmpty } ? 1 : 0)
        }
    }

    private func drain() {
        let work = queue.withLock { queue in
            let all = queue
            queue.removeAll(keepingCapacity: true)
            return all
        }
        for job in work { job() }
    }

    fileprivate func register(_ timer: LoopTimer) {
        timers.removeAll { $0.timer == nil }
        timers.append(WeakTimer(timer: timer))
    }

    /// Fires what is due and tells the next deadline.
    private func runTimers() -> Instant? {
        let now = Clock.now()
        for entry in timers {
            entry.timer?.fire(ifDueAt: now)
        }
        return timers.reduce(nil) { earliest($0, $1.timer?.pendingDeadline) }
    }
}

/// A deadline on the call loop. It fires once for each time it is set.
package final class LoopTimer: @unchecked Sendable {  // touched on the loop's thread only
    private var deadline: Instant?
    private let handler: @CallLoop (Instant) -> Void

    @CallLoop package init(_ handler: @escaping @CallLoop (Instant) -> Void) {
        self.handler = handler
        CallLoop.shared.executor.register(self)
    }

    /// Sets or, with nil, clears the deadline.
    @CallLoop package func schedule(at deadline: Instant?) { self.deadline = deadline }

    fileprivate var pendingDeadline: Instant? { deadline }

    fileprivate func fire(ifDueAt now: Instant) {
        guard let deadline, deadline <= now else { return }
        self.deadline = nil
        CallLoop.assumeIsolated { handler(now) }
    }
}
