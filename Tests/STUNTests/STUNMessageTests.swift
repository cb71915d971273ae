import Primitives
import Testing

@testable import STUN

/// RFC 5769's sample request (§2.1), whose password is `VOkJxbRl1RmTxUk/WvJxBt`.
private let sampleRequest: [UInt8] = Hex.decode(
    """
    000100582112a442b7e7a701bc34d686fa87dfae802200105354554e207465737420636c69656e74002400046e0001ff80290008932ff9b151\
    263b36000600096576746a3a68367659202020000800149aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a280280004e57a3bcf
    """)!

/// §2.2: the answer over IPv4.
private let sampleResponse: [UInt8] = Hex.decode(
    """
    0101003c2112a442b7e7a701bc34d686fa87dfae8022000b7465737420766563746f7220002000080001a147e112a643000800142b91f599fd\
    9e90c38c7489f92af9ba53f06be7d780280004c07d4c96
    """)!

struct STUNMessageTests {
    @Test func readsTheSampleRequest() throws {
        let message = try STUNMessage(parsing: sampleRequest)
        #expect(message.messageClass == .request)
        #expect(message.method == STUNMessage.bindingMethod)
        #expect(message.username == "evtj:h6vY")
        #expect(message.priority == 0x6e00_01ff)
        #expect(message.isFromControlled && !message.isFromControlling && !message.nominates)
    }

    @Test func readsTheMappedAddress() throws {
        let message = try STUNMessage(parsing: sampleResponse)
        #expect(message.messageClass == .success)
        #expect(message.mappedAddress?.description == "192.0.2.1:32853")
    }

    @Test func integrityCoversWhatStandsBeforeIt() throws {
        let message = try STUNMessage(parsing: sampleRequest)
        var covered: [UInt8] = []
        let code = Array(sampleRequest[(sampleRequest.count - 28)..<(sampleRequest.count - 8)])
        #expect(
            message.hasIntegrity(
                mac: {
                    covered = $0
                    return code
                }, equal: ==))
        #expect(covered.count == sampleRequest.count - 32)
        #expect(covered[2...3] == [0, 0x50], "the length ends with MESSAGE-INTEGRITY")
        #expect(!message.hasIntegrity(mac: { _ in [UInt8](repeating: 0, count: 20) }, equal: ==))
    }

    @Test func aChangedByteSpoilsTheFingerprint() {
        for index in [8, 30, 60] {
            var bytes = sampleRequest
            bytes[index] ^= 1
            #expect(throws: STUNError.self) { _ = try STUNMessage(parsing: bytes) }
        }
    }

    @Test func everyTruncationIsRefused() {
        for count in sampleRequest.indices {
            #expect(throws: STUNError.self) { _ = try STUNMessage(parsing: Array(sampleRequest[..<count])) }
        }
    }

    @Test(arguments: ["192.0.2.7", "2001:db8::9"])
    func whatIsWrittenCanBeRead(text: String) throws {
        let address = TransportAddress(
            bytes: text.contains(":")
                ? [0x20, 1, 0x0d, 0xb8] + [UInt8](repeating: 0, count: 11) + [9] : [192, 0, 2, 7], port: 4_711)!
        var writer = STUNWriter(.success, transaction: Array(0..<12))
        writer.addMappedAddress(address)
        writer.addUsername("abc")
        writer.addError(487, "Role Conflict")
        writer.addRole(isControlling: true, tieBreaker: 7)
        let bytes = writer.finish { _ in [UInt8](repeating: 9, count: 20) }
        let message = try STUNMessage(parsing: bytes)
        #expect(message.transaction == Array(0..<12))
        #expect(message.mappedAddress == address)
        #expect(message.username == "abc")
        #expect(message.errorCode == 487)
        #expect(message.isFromControlling)
        #expect(message.hasIntegrity(mac: { _ in [UInt8](repeating: 9, count: 20) }, equal: ==))
    }

    @Test func whatFollowsIntegrityIsNotBelieved() throws {
        var writer = STUNWriter(.request, transaction: Array(0..<12))
        writer.addUsername("a:b")
        var bytes = writer.finish { _ in [UInt8](repeating: 9, count: 20) }
        bytes.removeLast(8)  // FINGERPRINT
        bytes += [0, 0x25, 0, 0]  // USE-CANDIDATE
        bytes[3] = UInt8(bytes.count - 20)
        #expect(try !STUNMessage(parsing: bytes).nominates)
    }
}
