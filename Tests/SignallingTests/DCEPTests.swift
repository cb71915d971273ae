import Primitives
import Signalling
import Testing

@Suite struct DCEPTests {
    static let rows: [([UInt8], DCEPMessage)] = [
        ([2], .acknowledge),
        (
            [3, 0, 1, 0, 0, 0, 0, 0, 0, 6, 0, 0] + Array("confab".utf8),
            .open(DataChannelOpen(label: "confab"))
        ),
        (
            [3, 0x81, 0, 128, 0, 0, 0, 5, 0, 1, 0, 2] + Array("xab".utf8),
            .open(
                DataChannelOpen(
                    label: "x", isOrdered: false, reliability: .retransmissions(5), priority: 128, subprotocol: "ab"))
        ),
        (
            [3, 2, 1, 0, 0, 0, 0x0b, 0xb8, 0, 2, 0, 0] + Array("é".utf8),
            .open(DataChannelOpen(label: "é", reliability: .milliseconds(3_000)))
        ),
    ]

    @Test(arguments: rows)
    func readsAndWrites(bytes: [UInt8], message: DCEPMessage) throws {
        #expect(try DCEPMessage(parsing: bytes) == message)
        #expect(message.bytes == bytes)
    }

    static let bad: [([UInt8], DCEPError)] = [
        ([], .truncated),
        ([1], .unknownMessage(1)),
        ([3], .truncated),
        ([3, 0, 1, 0, 0, 0, 0, 0, 0, 6, 0, 0, 65], .truncated),
        ([3, 3, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0], .unknownChannelType(3)),
        ([3, 0, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0xff], .invalidUTF8),
        ([3, 0, 1, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0], .truncated),
    ]

    @Test(arguments: bad)
    func refuses(bytes: [UInt8], error: DCEPError) {
        #expect(throws: error) { try DCEPMessage(parsing: bytes) }
    }
}
