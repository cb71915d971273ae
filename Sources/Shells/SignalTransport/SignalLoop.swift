import NIOCore
import NIOPosix
import Primitives
import Runtime

/// The thread on which signalling happens: sockets, HTTP, and on a server the rooms.
///
/// It runs while somebody holds it and `shutDown` was not called.
package final class SignalLoop: Sendable {
    private let group: MultiThreadedEventLoopGroup
    let eventLoop: any EventLoop
    private let isDown = Protected(false)

    package init() {
        group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        eventLoop = group.next()
    }

    package var isOnLoop: Bool { eventLoop.inEventLoop }

    /// Runs `work` on the loop, in the order of the calls. Nothing happens after `shutDown`.
    package func execute(_ work: @escaping @Sendable () -> Void) {
        guard !isDown.value else { return }
        eventLoop.execute(work)
    }

    /// Runs `work` on the loop and waits for it.
    package func run<Result: Sendable>(_ work: @escaping @Sendable () throws -> Result) throws -> Result {
        if isOnLoop { return try work() }
        return try eventLoop.submit(work).wait()
    }

    /// Closes every socket and ends the thread. Not to be called on the loop.
    package func shutDown() {
        isDown.value = true
        // The only error is that the loop was shut down before.
        try? group.syncShutdownGracefully()
    }
}

/// A value that lives on a loop, in the hands of somebody who may be elsewhere. Touching it off the loop traps.
package struct LoopConfined<Value>: Sendable {
    private let bound: NIOLoopBound<Value>

    /// To be called on the loop.
    package init(_ value: Value, on loop: SignalLoop) {
        bound = NIOLoopBound(value, eventLoop: loop.eventLoop)
    }

    package var value: Value { bound.value }
}

/// A deadline on a loop. It fires once for each time it is set, and never after it is gone.
package final class SignalTimer {
    private let eventLoop: any EventLoop
    private var handler: (() -> Void)?
    private var task: Scheduled<Void>?
    private var deadline: Instant?

    /// To be called on the loop, like everything here.
    package convenience init(on loop: SignalLoop, _ handler: @escaping () -> Void) {
        self.init(eventLoop: loop.eventLoop, handler)
    }

    init(eventLoop: any EventLoop, _ handler: @escaping () -> Void) {
        self.eventLoop = eventLoop
        self.handler = handler
    }

    deinit { task?.cancel() }

    /// Sets or, with nil, clears the deadline.
    package func schedule(at deadline: Instant?) {
        guard deadline != self.deadline else { return }
        self.deadline = deadline
        task?.cancel()
        task = nil
        guard let deadline else { return }
        let delay = TimeAmount.nanoseconds(max(0, (deadline - Clock.now()).nanoseconds))
        task = eventLoop.assumeIsolated().scheduleTask(in: delay) { [weak self] in self?.fire() }
    }

    package func schedule(after delay: Duration) { schedule(at: Clock.now() + delay) }

    /// Never fires again; what the handler holds is let go.
    package func invalidate() {
        schedule(at: nil)
        handler = nil
    }

    private func fire() {
        deadline = nil
        task = nil
        handler?()
    }
}
