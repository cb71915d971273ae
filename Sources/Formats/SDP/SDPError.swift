/// Why a description or candidate was not understood, and where.
package struct SDPError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Reason: Error, Hashable, Sendable {
        /// Longer than `SessionDescription.Limits` allows.
        case tooLong
        case tooManyLines
        case tooManySections
        case tooManySources
        /// Not of the form `letter=value`.
        case malformedLine
        /// The named line or attribute cannot be read.
        case malformed(String)
        /// The named line or attribute must be there.
        case missing(String)
        /// The named attribute must not be there twice.
        case duplicate(String)
    }

    /// Counted from 1; 0 where the text as a whole is meant.
    package let line: Int
    package let reason: Reason

    package init(line: Int, _ reason: Reason) {
        self.line = line
        self.reason = reason
    }

    package var description: String {
        line > 0 ? "line \(line): \(reason)" : "\(reason)"
    }
}

extension SDPError.Reason: CustomStringConvertible {
    package var description: String {
        switch self {
        case .tooLong: "too long"
        case .tooManyLines: "too many lines"
        case .tooManySections: "too many media sections"
        case .tooManySources: "too many sources"
        case .malformedLine: "not a line of a session description"
        case .malformed(let name): "cannot read \(name)"
        case .missing(let name): "\(name) is missing"
        case .duplicate(let name): "\(name) is there twice"
        }
    }
}
