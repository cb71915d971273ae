/// The latest packets of one incoming stream, to answer the subscribers' NACKs from (RFC 4585 §6.2.1).
///
/// One ring of bytes and one of entries, made once: nothing is allocated per packet. Kept once per stream, not once per
/// subscriber.
package struct PacketStore {
    package struct Entry {
        package let sequence: UInt16
        package let timestamp: UInt32
        package let marker: Bool
        fileprivate let position: Int
        fileprivate let count: Int
    }

    /// A power of two that divides 65,536.
    private static let entryCapacity = 1_024
    /// Three seconds of a common camera, half a second of a very good one.
    package static let byteCapacity = 256 << 10

    private var entries = [Entry?](repeating: nil, count: entryCapacity)
    private var bytes = [UInt8](repeating: 0, count: byteCapacity)
    /// Bytes ever written; the ring holds the last `byteCapacity` of them.
    private var written = 0

    package init() {}

    package mutating func insert(_ packet: PacketView) {
        let count = packet.payloadCount
        guard count > 0, count <= Self.byteCapacity else { return }
        var position = written % Self.byteCapacity
        if position + count > Self.byteCapacity {
            written += Self.byteCapacity - position
            position = 0
        }
        bytes.withUnsafeMutableBytes {
            UnsafeMutableRawBufferPointer(rebasing: $0[position..<position + count]).copyMemory(from: packet.payload)
        }
        entries[Int(packet.sequence) & (Self.entryCapacity - 1)] = Entry(
            sequence: packet.sequence, timestamp: packet.timestamp, marker: packet.marker, position: written,
            count: count)
        written += count
    }

    /// The packet, where it has not been overwritten. `body` gets its payload.
    package func withPacket<Result>(
        _ sequence: UInt16, _ body: (Entry, UnsafeRawBufferPointer) -> Result
    ) -> Result? {
        guard let entry = entries[Int(sequence) & (Self.entryCapacity - 1)], entry.sequence == sequence,
            entry.position + Self.byteCapacity >= written
        else { return nil }
        let start = entry.position % Self.byteCapacity
        return bytes.withUnsafeBytes {
            body(entry, UnsafeRawBufferPointer(rebasing: $0[start..<start + entry.count]))
        }
    }
}
