import CLinux
import Glibc
import Primitives

/// A bounded queue from any thread to one that waits.
package final class Mailbox<Element: Sendable>: @unchecked Sendable {  // every access holds `mutex`
    /// What happens to an element that finds the mailbox full.
    package enum Overflow: Sendable {
        case dropOldest
        case dropNewest
    }

    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var queue: RingBuffer<Element>
    private let overflow: Overflow
    private var closed = false
    private var droppedCount = 0

    package init(capacity: Int, overflow: Overflow) {
        queue = RingBuffer(capacity: capacity)
        self.overflow = overflow
        pthread_mutex_init(mutex, nil)
        confab_cond_init(condition)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    /// Elements lost because nobody took them in time.
    package var dropped: Int { locked { droppedCount } }

    package func put(_ element: Element) {
        locked {
            guard !closed else { return }
            if queue.isFull {
                droppedCount += 1
                guard overflow == .dropOldest else { return }
                _ = queue.popFirst()
            }
            queue.append(element)
            pthread_cond_signal(condition)
        }
    }

    /// The oldest element, waiting for one until `deadline` (nil: for ever). Nil when none came or the mailbox closed.
    package func take(until deadline: Instant? = nil) -> Element? {
        locked {
            while queue.isEmpty && !closed {
                guard let deadline else {
                    pthread_cond_wait(condition, mutex)
                    continue
                }
                var time = timespec(
                    tv_sec: Int(deadline.nanoseconds / 1_000_000_000),
                    tv_nsec: Int(deadline.nanoseconds % 1_000_000_000))
                if pthread_cond_timedwait(condition, mutex, &time) == ETIMEDOUT { break }
            }
            return queue.popFirst()
        }
    }

    /// The oldest element if there is one.
    package func takeNow() -> Element? { locked { queue.popFirst() } }

    /// Wakes whoever waits; elements already there can still be taken, new ones are refused.
    package func close() {
        locked {
            closed = true
            pthread_cond_broadcast(condition)
        }
    }

    package var isClosed: Bool { locked { closed } }

    private func locked<Result>(_ body: () -> Result) -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return body()
    }
}
