import CUsrsctp
import Primitives

/// usrsctp as a whole: one per process, without threads of its own.
///
/// The library keeps global state and is not built for use by several threads at once without its own, so every call
/// into it holds one lock. Its callbacks run inside those calls; they find an association by number in a table, never
/// by pointer, so a callback that comes after an association has gone finds nothing.
///
/// usrsctp also reads the system's clock, to tell how long a chunk has been under way: time must be real where packets
/// are lost.
package enum SCTPStack {
    /// How often `handleTimers` should be called while an association exists.
    package static let tickInterval = Duration.milliseconds(20)

    /// Lets usrsctp's timers run as if `elapsed` had passed since the last call. For one owner of time per process.
    package static func handleTimers(elapsed: Duration) {
        locked { runTimers(elapsed) }
    }

    /// Lets usrsctp's timers catch up with `now`. Any number of owners with the same clock may call it; time passes
    /// once.
    package static func handleTimers(now: Instant) {
        locked {
            defer { shared.lastTick = max(shared.lastTick ?? now, now) }
            guard let last = shared.lastTick, now > last else { return }
            // After a sleep of the machine the timers run late rather than all at once.
            runTimers(min(now - last, .seconds(1)))
        }
    }

    /// Everything that the lock protects.
    private struct Shared {
        var isStarted = false
        var lastTick: Instant?
        /// Elapsed time that does not make a millisecond yet.
        var remainder = Duration.zero
        var nextNumber = 1
        var mailboxes: [Int: SCTPMailbox] = [:]
    }

    private struct Lock: @unchecked Sendable {
        let pointer: UnsafeMutablePointer<pthread_mutex_t>?
    }

    private static let lock = Lock(pointer: confab_lock_new())
    /// Only touched while `lock` is held.
    nonisolated(unsafe) private static var shared = Shared()

    private static func runTimers(_ elapsed: Duration) {
        guard shared.isStarted, elapsed > .zero else { return }
        shared.remainder += elapsed
        let milliseconds = shared.remainder.milliseconds
        shared.remainder -= .milliseconds(milliseconds)
        if milliseconds > 0 { usrsctp_handle_timers(UInt32(clamping: milliseconds)) }
    }
}

// MARK: - For associations

extension SCTPStack {
    /// Runs `body`, which may call usrsctp. Not to be nested.
    static func locked<Result, Failure: Error>(_ body: () throws(Failure) -> Result) throws(Failure) -> Result {
        precondition(lock.pointer != nil, "no memory for a lock")
        confab_lock(lock.pointer)
        defer { confab_unlock(lock.pointer) }
        return try body()
    }

    /// Enters a mailbox under a number that stands for the association inside usrsctp. Holds the lock.
    static func register(_ mailbox: SCTPMailbox) -> SCTPIdentity {
        if !shared.isStarted {
            shared.isStarted = true
            confab_sctp_start { address, bytes, count, _, _ in
                guard let bytes else { return 0 }
                SCTPStack.mailbox(address)?.transmit(UnsafeRawBufferPointer(start: bytes, count: count))
                return 0
            }
        }
        let identity = SCTPIdentity(number: shared.nextNumber)
        shared.nextNumber += 1
        shared.mailboxes[identity.number] = mailbox
        usrsctp_register_address(identity.pointer)
        return identity
    }

    /// Holds the lock.
    static func unregister(_ identity: SCTPIdentity) {
        usrsctp_deregister_address(identity.pointer)
        shared.mailboxes[identity.number] = nil
    }

    /// Of the association that a callback names. Holds the lock.
    static func mailbox(_ pointer: UnsafeMutableRawPointer?) -> SCTPMailbox? {
        shared.mailboxes[Int(bitPattern: pointer)]
    }
}

/// What usrsctp takes for an address: a number that is never reused and never followed as a pointer.
struct SCTPIdentity {
    let number: Int

    var pointer: UnsafeMutableRawPointer? { UnsafeMutableRawPointer(bitPattern: number) }
}
