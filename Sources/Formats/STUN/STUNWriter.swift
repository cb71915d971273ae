import Primitives

/// Writes one STUN message (RFC 8489 §5): attributes in the order of the calls, then `finish`.
package struct STUNWriter: Sendable {
    private var bytes: [UInt8] = []
    private let transaction: [UInt8]

    /// `transaction` are twelve bytes, copied from the request in a response.
    package init(_ messageClass: STUNMessage.Class, method: UInt16 = STUNMessage.bindingMethod, transaction: [UInt8]) {
        precondition(transaction.count == 12, "a transaction id has 96 bits")
        self.transaction = transaction
        bytes.reserveCapacity(128)
        let type = method & 0xf | (method & 0x70) << 1 | (method & 0xf80) << 2 | messageClass.rawValue
        bytes.appendU16(type)
        bytes.appendU16(0)
        bytes.appendU32(STUNMessage.cookie)
        bytes += transaction
    }

    private mutating func add(_ type: UInt16, _ value: [UInt8]) {
        bytes.appendU16(type)
        bytes.appendU16(UInt16(truncatingIfNeeded: value.count))
        bytes += value
        bytes += repeatElement(0, count: -value.count & 3)
    }

    package mutating func addUsername(_ name: String) { add(STUNMessage.Attribute.username, Array(name.utf8)) }

    package mutating func addPriority(_ priority: UInt32) {
        var value: [UInt8] = []
        value.appendU32(priority)
        add(STUNMessage.Attribute.priority, value)
    }

    package mutating func addUseCandidate() { add(STUNMessage.Attribute.useCandidate, []) }

    /// The role, with the number that decides where both sides claim the same one (RFC 8445 §7.3.1.1).
    package mutating func addRole(isControlling: Bool, tieBreaker: UInt64) {
        var value: [UInt8] = []
        value.appendU64(tieBreaker)
        add(isControlling ? STUNMessage.Attribute.iceControlling : STUNMessage.Attribute.iceControlled, value)
    }

    /// Where the request came from (§14.2).
    package mutating func addMappedAddress(_ address: TransportAddress) {
        var mask: [UInt8] = []
        mask.appendU32(STUNMessage.cookie)
        mask += transaction
        var value: [UInt8] = [0, address.isIPv4 ? 1 : 2]
        value.appendU16(address.port ^ UInt16(STUNMessage.cookie >> 16))
        value += zip(address.bytes, mask).map { $0 ^ $1 }
        add(STUNMessage.Attribute.xorMappedAddress, value)
    }

    /// `code` is 300...699 (§14.8).
    package mutating func addError(_ code: Int, _ reason: String) {
        add(STUNMessage.Attribute.errorCode, [0, 0, UInt8(code / 100), UInt8(code % 100)] + Array(reason.utf8))
    }

    /// The message, with MESSAGE-INTEGRITY where `mac` (HMAC-SHA1 under the password) is given, and FINGERPRINT.
    package consuming func finish(mac: (([UInt8]) -> [UInt8])?) -> [UInt8] {
        if let mac {
            setLength(adding: 4 + STUNMessage.integrityLength)
            add(STUNMessage.Attribute.messageIntegrity, mac(bytes))
        }
        setLength(adding: 8)
        var fingerprint: [UInt8] = []
        fingerprint.appendU32(CRC32.checksum(bytes[...]) ^ STUNMessage.Attribute.fingerprintMask)
        add(STUNMessage.Attribute.fingerprint, fingerprint)
        return bytes
    }

    private mutating func setLength(adding more: Int) {
        let length = bytes.count - STUNMessage.headerLength + more
        bytes[2] = UInt8(truncatingIfNeeded: length >> 8)
        bytes[3] = UInt8(truncatingIfNeeded: length)
    }
}
