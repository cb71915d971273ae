extension StringProtocol {
    /// Whether a text occurs in this one.
    ///
    /// `contains` would be Foundation's wherever a module that imports SwiftProtobuf is in sight, and that part of Foundation
    /// is not linked.
    package func includes(_ text: String) -> Bool {
        firstRange(of: text) != nil
    }
}
