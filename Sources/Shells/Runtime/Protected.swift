import Synchronization

/// A value that several threads share, reached only with its lock held.
package final class Protected<Value>: Sendable {
    private let mutex: Mutex<Value>

    package init(_ value: sending Value) { mutex = Mutex(value) }

    package func withLock<Result, Failure: Error>(
        _ body: (inout sending Value) throws(Failure) -> sending Result
    ) throws(Failure) -> sending Result {
        try mutex.withLock(body)
    }
}

extension Protected where Value: Sendable {
    /// A copy of the value, or a new one put in its place.
    package var value: Value {
        get { mutex.withLock { $0 } }
        set { mutex.withLock { $0 = newValue } }
    }
}

/// A yes or no that any thread may set and read without a lock.
package final class AtomicFlag: Sendable {
    private let atomic: Atomic<Bool>
    package init(_ value: Bool = false) { atomic = Atomic(value) }
    package var isSet: Bool { atomic.load(ordering: .acquiring) }
    package func set(_ value: Bool = true) { atomic.store(value, ordering: .releasing) }
}
