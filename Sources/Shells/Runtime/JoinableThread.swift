import CLinux
import Glibc

/// A thread of our own, for what blocks or has a deadline. It must be joined; letting go of it unjoined is a mistake.
package final class JoinableThread: @unchecked Sendable {  // `handle` is written once, before anyone else sees it
    private var handle = pthread_t()
    private let joined = AtomicFlag()

    private final class Body {
        let name: String
        let run: @Sendable () -> Void
        init(name: String, run: @escaping @Sendable () -> Void) {
            self.name = name
            self.run = run
        }
    }

    /// Starts at once. `name` is cut to 15 characters by the kernel. `realtime` asks for round-robin scheduling where
    /// that is allowed.
    package init(name: String, realtime: Bool = false, _ run: @escaping @Sendable () -> Void) {
        let body = Body(name: name) {
            if realtime { confab_prefer_realtime(5) }
            run()
        }
        let argument = Unmanaged.passRetained(body).toOpaque()
        let status = pthread_create(&handle, nil, threadEntry, argument)
        precondition(status == 0, "the system refuses another thread (error \(status))")
    }

    /// Waits for its end. Only the first call waits.
    package func join() {
        guard !joined.isSet else { return }
        joined.set()
        pthread_join(handle, nil)
    }

    deinit {
        if !joined.isSet { pthread_detach(handle) }
    }

    fileprivate static func enter(_ argument: UnsafeMutableRawPointer) {
        let body = Unmanaged<Body>.fromOpaque(argument).takeRetainedValue()
        confab_name_thread(String(body.name.prefix(15)))
        body.run()
    }
}

private func threadEntry(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    if let argument { JoinableThread.enter(argument) }
    return nil
}
