import Glibc

/// Hands process signals to a handler on a thread of their own.
///
/// `block()` must run before any other thread starts, so that every thread inherits the mask and only this one is asked.
package enum ProcessSignals {
    private static let watched: [Int32] = [SIGINT, SIGTERM, SIGHUP]

    private static func set() -> sigset_t {
        var signals = sigset_t()
        sigemptyset(&signals)
        for signal in watched { sigaddset(&signals, signal) }
        return signals
    }

    /// Blocks the watched signals and ignores SIGPIPE: a closed pipe is an error of `write`, not the end.
    package static func block() {
        var signals = set()
        pthread_sigmask(SIG_BLOCK, &signals, nil)
        signal(SIGPIPE, SIG_IGN)
    }

    /// Calls `handler` for each watched signal, on a thread that lives as long as the process.
    package static func watch(_ handler: @escaping @Sendable (Int32) -> Void) {
        let thread = JoinableThread(name: "signals") {
            var signals = set()
            while true {
                var number: Int32 = 0
                if sigwait(&signals, &number) == 0 { handler(number) }
            }
        }
        _ = Unmanaged.passRetained(thread)
    }
}
