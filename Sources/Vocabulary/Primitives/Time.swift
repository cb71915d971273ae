/// A length of time in whole nanoseconds. It replaces the standard library's 128-bit type, whose division is too slow
/// for work per packet.
package struct Duration: Hashable, Comparable, Sendable {
    package var nanoseconds: Int64

    package init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    package static let zero = Duration(nanoseconds: 0)
    package static func nanoseconds(_ value: Int64) -> Duration { .init(nanoseconds: value) }
    package static func microseconds(_ value: Int64) -> Duration { .init(nanoseconds: value * 1_000) }
    package static func milliseconds(_ value: Int64) -> Duration { .init(nanoseconds: value * 1_000_000) }
    package static func seconds(_ value: Int64) -> Duration { .init(nanoseconds: value * 1_000_000_000) }
    /// The nearest representable length; clamped where a nanosecond count cannot hold it.
    package init(seconds value: Double) {
        nanoseconds = Int64((value * 1e9).clamped(to: -9.2e18...9.2e18))
    }

    package var microseconds: Int64 { nanoseconds / 1_000 }
    package var milliseconds: Int64 { nanoseconds / 1_000_000 }
    package var seconds: Double { Double(nanoseconds) / 1e9 }

    package static func < (a: Duration, b: Duration) -> Bool { a.nanoseconds < b.nanoseconds }
    package static func + (a: Duration, b: Duration) -> Duration { .init(nanoseconds: a.nanoseconds + b.nanoseconds) }
    package static func - (a: Duration, b: Duration) -> Duration { .init(nanoseconds: a.nanoseconds - b.nanoseconds) }
    package static prefix func - (a: Duration) -> Duration { .init(nanoseconds: -a.nanoseconds) }
    /// For literals, which would not know whether to be a fraction.
    package static func * (a: Duration, b: Int) -> Duration { .init(nanoseconds: a.nanoseconds * Int64(b)) }
    package static func * (a: Duration, b: Int64) -> Duration { .init(nanoseconds: a.nanoseconds * b) }
    package static func * (a: Duration, b: Double) -> Duration { .init(seconds: a.seconds * b) }
    package static func / (a: Duration, b: Int) -> Duration { .init(nanoseconds: a.nanoseconds / Int64(b)) }
    package static func / (a: Duration, b: Int64) -> Duration { .init(nanoseconds: a.nanoseconds / b) }
    package static func / (a: Duration, b: Duration) -> Double { Double(a.nanoseconds) / Double(b.nanoseconds) }
    package static func += (a: inout Duration, b: Duration) { a = a + b }
    package static func -= (a: inout Duration, b: Duration) { a = a - b }
}

/// A moment on a monotonic clock, counted from an origin that only `Runtime` knows.
package struct Instant: Hashable, Comparable, Sendable {
    package var nanoseconds: Int64

    package init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    package static let zero = Instant(nanoseconds: 0)
    package static func milliseconds(_ value: Int64) -> Instant { .init(nanoseconds: value * 1_000_000) }
    package static func seconds(_ value: Int64) -> Instant { .init(nanoseconds: value * 1_000_000_000) }

    package static func < (a: Instant, b: Instant) -> Bool { a.nanoseconds < b.nanoseconds }
    package static func + (a: Instant, b: Duration) -> Instant { .init(nanoseconds: a.nanoseconds + b.nanoseconds) }
    package static func - (a: Instant, b: Duration) -> Instant { .init(nanoseconds: a.nanoseconds - b.nanoseconds) }
    package static func - (a: Instant, b: Instant) -> Duration { .init(nanoseconds: a.nanoseconds - b.nanoseconds) }
    package static func += (a: inout Instant, b: Duration) { a = a + b }
}

/// The earlier of two deadlines, where nil means never.
package func earliest(_ a: Instant?, _ b: Instant?) -> Instant? {
    guard let a else { return b }
    guard let b else { return a }
    return min(a, b)
}

/// A moment of wall-clock time in NTP's 32.32 format (RFC 5905 §6), as sender reports carry it.
package struct NTPTime: Hashable, Comparable, Sendable {
    /// Seconds since 1900 in the upper half, fraction of a second in the lower.
    package var bits: UInt64

    package init(bits: UInt64) { self.bits = bits }

    /// Seconds between 1900-01-01 and 1970-01-01.
    package static let unixEpochOffset: UInt64 = 2_208_988_800

    /// From nanoseconds since 1970 (the wall clock).
    package init(unixNanoseconds: Int64) {
        let ns = UInt64(max(0, unixNanoseconds))
        let seconds = ns / 1_000_000_000 &+ Self.unixEpochOffset
        let fraction = (ns % 1_000_000_000) << 32 / 1_000_000_000
        bits = seconds << 32 | fraction
    }

    /// The middle 32 bits, as LSR and DLSR use them (RFC 3550 §6.4.1).
    package var compact: UInt32 { UInt32(truncatingIfNeeded: bits >> 16) }

    /// Seconds since 1900; differences between two of these are what lip sync needs.
    package var seconds: Double { Double(bits) / 4_294_967_296 }

    package static func < (a: NTPTime, b: NTPTime) -> Bool { a.bits < b.bits }
}
