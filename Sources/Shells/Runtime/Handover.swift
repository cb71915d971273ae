/// Carries a value to the one thread that will use it from now on.
package struct Handover<Value>: @unchecked Sendable {  // the giver keeps no use of it
    package let value: Value
    package init(_ value: Value) { self.value = value }
}

/// Something that is given away once: whoever takes it is the only one to hold it.
package final class Parcel<Value>: Sendable {
    private let content: Protected<Handover<Value>?>

    package init(_ value: Value) { content = Protected(Handover(value)) }

    package func take() -> Value? {
        content.withLock { content in
            defer { content = nil }
            return content
        }?.value
    }
}
