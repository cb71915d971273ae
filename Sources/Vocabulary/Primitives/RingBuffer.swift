/// A first-in first-out queue of fixed capacity that never allocates after creation.
package struct RingBuffer<Element> {
    private var storage: [Element?]
    private var head = 0
    package private(set) var count = 0

    /// `capacity` must be positive.
    package init(capacity: Int) {
        precondition(capacity > 0, "a ring buffer needs room for one element")
        storage = Array(repeating: nil, count: capacity)
    }

    package var capacity: Int { storage.count }
    package var isEmpty: Bool { count == 0 }
    package var isFull: Bool { count == storage.count }
    package var first: Element? { isEmpty ? nil : storage[head] }

    /// False, and nothing done, where the buffer is full.
    @discardableResult
    package mutating func append(_ element: Element) -> Bool {
        guard !isFull else { return false }
        storage[(head + count) % storage.count] = element
        count += 1
        return true
    }

    package mutating func popFirst() -> Element? {
        guard !isEmpty else { return nil }
        defer {
            storage[head] = nil
            head = (head + 1) % storage.count
            count -= 1
        }
        return storage[head]
    }
}

extension RingBuffer: Sendable where Element: Sendable {}
