/// An IP address and port in the form in which packets are told apart: 16 bytes, IPv4 mapped into IPv6 (RFC 4291 §2.5.5.2).
package struct TransportAddress: Hashable, Sendable {
    package var high: UInt64
    package var low: UInt64
    package var port: UInt16

    package init(high: UInt64, low: UInt64, port: UInt16) {
        self.high = high
        self.low = low
        self.port = port
    }

    /// `bytes` are the four of IPv4 or the sixteen of IPv6; nil for any other count.
    package init?(bytes: some Collection<UInt8>, port: UInt16) {
        switch bytes.count {
        case 4: self.init(high: 0, low: 0xffff_0000_0000 | Self.number(bytes), port: port)
        case 16: self.init(high: Self.number(bytes.prefix(8)), low: Self.number(bytes.dropFirst(8)), port: port)
        default: return nil
        }
    }

    package var isIPv4: Bool { high == 0 && low >> 32 == 0xffff }

    /// Four bytes for IPv4, sixteen for IPv6.
    package var bytes: [UInt8] {
        let low = Self.bytes(low)
        return isIPv4 ? Array(low[4...]) : Self.bytes(high) + low
    }

    private static func number(_ bytes: some Collection<UInt8>) -> UInt64 {
        bytes.reduce(0) { $0 << 8 | UInt64($1) }
    }

    private static func bytes(_ number: UInt64) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: number >> (56 - 8 * UInt64($0))) }
    }
}

extension TransportAddress: CustomStringConvertible {
    /// `192.0.2.1:80` or `[2001:db8::1]:80`, without the longest run of zeros left out.
    package var description: String {
        let bytes = bytes
        if bytes.count == 4 { return bytes.map(String.init).joined(separator: ".") + ":\(port)" }
        let groups = stride(from: 0, to: 16, by: 2).map { UInt16(bytes[$0]) << 8 | UInt16(bytes[$0 + 1]) }
        return "[" + groups.map { String($0, radix: 16) }.joined(separator: ":") + "]:\(port)"
    }
}
