import Primitives

/// What proves that somebody held a place before: the order, and a MAC over room, id and order. The server need not
/// remember it, so it survives a restart.
struct ResumeSecret {
    let mac: @Sendable ([UInt8]) -> [UInt8]

    func secret(room: String, id: String, order: Int) -> String {
        let order = UInt64(bitPattern: Int64(order))
        var bytes: [UInt8] = []
        bytes.appendU64(order)
        return Base64URL.encode(bytes + mac(signed(room: room, id: id, order: order)))
    }

    /// The order that `secret` proves for this room and id, or nil.
    func order(in secret: String, room: String, id: String) -> Int? {
        guard secret.utf8.count <= 128, let bytes = Base64URL.decode(secret) else { return nil }
        var reader = ByteReader(bytes)
        guard let order = reader.u64(), order <= 1 << 53, let given = reader.array(reader.remaining) else { return nil }
        guard isEqual(given, mac(signed(room: room, id: id, order: order))) else { return nil }
        return Int(order)
    }

    private func signed(room: String, id: String, order: UInt64) -> [UInt8] {
        var bytes = Array("confab resume".utf8)
        for text in [room, id] {
            bytes.appendU32(UInt32(truncatingIfNeeded: text.utf8.count))
            bytes += text.utf8
        }
        bytes.appendU64(order)
        return bytes
    }

    /// Compares in a time that does not depend on where the two differ.
    private func isEqual(_ a: [UInt8], _ b: [UInt8]) -> Bool {
        guard a.count == b.count else { return false }
        return zip(a, b).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
    }
}
