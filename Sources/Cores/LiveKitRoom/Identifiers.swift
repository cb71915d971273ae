import Primitives

/// A participant's stay in a room. LiveKit's clients insist on the prefix.
package struct ParticipantID: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let text: String
    package init(_ text: String) { self.text = text }
    package var description: String { text }
    package static func < (a: Self, b: Self) -> Bool { a.text < b.text }
}

/// A track that a participant publishes.
package struct TrackID: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let text: String
    package init(_ text: String) { self.text = text }
    package var description: String { text }
    package static func < (a: Self, b: Self) -> Bool { a.text < b.text }
}

/// Makes names and numbers that nobody has yet.
struct IdentifierSource {
    private var random: SeededGenerator

    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")

    init(seed: UInt64) { random = SeededGenerator(seed: seed) }

    mutating func participant() -> ParticipantID { ParticipantID("PA_" + letters(12)) }
    mutating func room() -> String { "RM_" + letters(12) }

    /// LiveKit's servers tell the kind of a track by two letters; clients do not read them.
    mutating func track(_ kind: String) -> TrackID { TrackID("TR_" + kind + letters(10)) }

    /// To seed another source.
    mutating func number() -> UInt64 { random.next() >> 1 }

    private mutating func letters(_ count: Int) -> String {
        String((0..<count).map { _ in Self.alphabet[Int.random(in: 0..<Self.alphabet.count, using: &random)] })
    }
}
