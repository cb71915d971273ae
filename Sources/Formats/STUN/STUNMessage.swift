import Primitives

/// Why bytes are no STUN message.
package enum STUNError: Error, Hashable, Sendable {
    case truncated
    /// The first two bits, the cookie or the length are not STUN's.
    case notSTUN
    case badAttribute
    case wrongFingerprint
}

/// A message of the STUN protocol (RFC 8489 §5), of which ICE uses the Binding method (RFC 8445 §7).
///
/// ```
/// |0 0|     STUN Message Type     |         Message Length        |
/// |                         Magic Cookie                          |
/// |                     Transaction ID (96 bits)                  |
/// |     type      |    length     |  value, padded to 32 bits …   |
/// ```
package struct STUNMessage: Sendable {
    package enum Class: UInt16, Hashable, Sendable {
        case request = 0x000
        case indication = 0x010
        case success = 0x100
        case error = 0x110
    }

    package static let bindingMethod: UInt16 = 1
    static let cookie: UInt32 = 0x2112_a442
    static let headerLength = 20
    static let integrityLength = 20

    package let messageClass: Class
    package let method: UInt16
    /// Twelve bytes.
    package let transaction: [UInt8]
    private let bytes: [UInt8]
    private var attributes: [(type: UInt16, range: Range<Int>)] = []
    /// Where MESSAGE-INTEGRITY begins; what follows it, FINGERPRINT aside, is not to be trusted (§14.5).
    private var integrityStart: Int?

    /// Reads a message and checks its FINGERPRINT, where there is one.
    package init(parsing bytes: [UInt8]) throws(STUNError) {
        guard bytes.count >= Self.headerLength else { throw .truncated }
        let span = bytes.span
        let type = span.u16(at: 0)
        let length = Int(span.u16(at: 2))
        guard type & 0xc000 == 0, length % 4 == 0, span.u32(at: 4) == Self.cookie else { throw .notSTUN }
        guard bytes.count == Self.headerLength + length else { throw .truncated }
        guard let messageClass = Class(rawValue: type & 0x110) else { throw .notSTUN }
        self.messageClass = messageClass
        method = type & 0xf | (type & 0xe0) >> 1 | (type & 0x3e00) >> 2
        transaction = Array(bytes[8..<20])
        self.bytes = bytes
        try readAttributes()
    }

    private mutating func readAttributes() throws(STUNError) {
        var offset = Self.headerLength
        while offset < bytes.count {
            guard bytes.count - offset >= 4 else { throw .badAttribute }
            let type = bytes.span.u16(at: offset)
            let length = Int(bytes.span.u16(at: offset + 2))
            let start = offset + 4
            guard bytes.count - start >= (length + 3) & ~3 else { throw .badAttribute }
            if type == Attribute.fingerprint { return try checkFingerprint(at: offset, length: length) }
            if integrityStart == nil {
                attributes.append((type, start..<start + length))
                if type == Attribute.messageIntegrity {
                    guard length == Self.integrityLength else { throw .badAttribute }
                    integrityStart = offset
                }
            }
            offset = start + (length + 3) & ~3
        }
    }

    /// It must be the last attribute (§14.7).
    private func checkFingerprint(at offset: Int, length: Int) throws(STUNError) {
        guard length == 4, offset + 8 == bytes.count else { throw .badAttribute }
        let expected = CRC32.checksum(bytes[..<offset]) ^ Attribute.fingerprintMask
        guard bytes.span.u32(at: offset + 4) == expected else { throw .wrongFingerprint }
    }
}

// MARK: - Attributes

extension STUNMessage {
    /// Types of attributes (RFC 8489 §18.3, RFC 8445 §20.1).
    enum Attribute {
        static let username: UInt16 = 0x0006
        static let messageIntegrity: UInt16 = 0x0008
        static let errorCode: UInt16 = 0x0009
        static let xorMappedAddress: UInt16 = 0x0020
        static let priority: UInt16 = 0x0024
        static let useCandidate: UInt16 = 0x0025
        static let fingerprint: UInt16 = 0x8028
        static let iceControlled: UInt16 = 0x8029
        static let iceControlling: UInt16 = 0x802a

        static let fingerprintMask: UInt32 = 0x5354_554e
    }

    private func value(_ type: UInt16) -> ArraySlice<UInt8>? {
        attributes.first { $0.type == type }.map { bytes[$0.range] }
    }

    /// `local:remote` fragments of ICE (RFC 8445 §7.2.2); nil where it is missing or no UTF-8.
    package var username: String? { value(Attribute.username).flatMap { String(validating: $0, as: UTF8.self) } }
    package var priority: UInt32? {
        value(Attribute.priority).flatMap { value in
            var reader = ByteReader(value)
            return reader.u32()
        }
    }
    package var nominates: Bool { value(Attribute.useCandidate) != nil }
    package var isFromControlling: Bool { value(Attribute.iceControlling) != nil }
    package var isFromControlled: Bool { value(Attribute.iceControlled) != nil }

    /// 300...699, of an error response.
    package var errorCode: Int? {
        guard let value = value(Attribute.errorCode), value.count >= 4 else { return nil }
        let start = value.startIndex
        return Int(value[start + 2] & 7) * 100 + Int(value[start + 3])
    }

    /// The address that the other side sees.
    package var mappedAddress: TransportAddress? {
        guard let value = value(Attribute.xorMappedAddress), value.count == 8 || value.count == 20 else { return nil }
        let start = value.startIndex
        guard value[start + 1] == (value.count == 8 ? 1 : 2) else { return nil }
        let port = (UInt16(value[start + 2]) << 8 | UInt16(value[start + 3])) ^ UInt16(Self.cookie >> 16)
        let mask = Array(bytes[4..<20])
        let address = zip(value.dropFirst(4), mask).map { $0 ^ $1 }
        return TransportAddress(bytes: address, port: port)
    }

    /// Whether MESSAGE-INTEGRITY is there and right (§14.5). `mac` is HMAC-SHA1 with the password as key; it compares in
    /// constant time by giving the code to `equal`.
    package func hasIntegrity(
        mac: ([UInt8]) -> [UInt8], equal: ([UInt8], [UInt8]) -> Bool
    ) -> Bool {
        guard let start = integrityStart, let code = value(Attribute.messageIntegrity) else { return false }
        var covered = Array(bytes[..<start])
        // The length counts up to and with MESSAGE-INTEGRITY itself.
        let length = start - Self.headerLength + 4 + Self.integrityLength
        covered[2] = UInt8(truncatingIfNeeded: length >> 8)
        covered[3] = UInt8(truncatingIfNeeded: length)
        return equal(mac(covered), Array(code))
    }
}
