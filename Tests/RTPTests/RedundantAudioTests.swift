import Primitives
import RTP
import Testing

@Suite struct RedundantAudioTests {
    private let opus = PayloadType(masking: 111)

    /// RFC 2198 §4, with other numbers.
    private let bytes: [UInt8] = [
        0x80 | 111, 0x1e, 0x00, 0x02, 0x80 | 111, 0x0f, 0x00, 0x03, 111, 1, 2, 3, 4, 5, 6,
    ]

    @Test func copiesComeBeforeTheNewSound() throws {
        let written = RedundantAudio.payload(
            of: [6], type: opus, copies: [(1_920, [1, 2]), (960, [3, 4, 5])] as [RedundantAudio.Copy])
        #expect(written == bytes)
        let blocks = try RedundantAudio(parsing: bytes[...]).blocks
        #expect(blocks.map(\.offset) == [1_920, 960, 0])
        #expect(blocks.map { [UInt8]($0.data) } == [[1, 2], [3, 4, 5], [6]])
        #expect(blocks.allSatisfy { $0.payloadType == opus })
    }

    @Test func soundAloneIsOneByteLonger() throws {
        let written = RedundantAudio.payload(of: [9, 8], type: opus, copies: [] as [RedundantAudio.Copy])
        #expect(written == [111, 9, 8])
        #expect(try RedundantAudio(parsing: written[...]).blocks.map { [UInt8]($0.data) } == [[9, 8]])
    }

    @Test func lengthsPastTheEndAreRefused() {
        for count in 0..<14 {
            // The last block reaches to the end, so it may be cut, down to nothing.
            let isWhole = count >= 14
            #expect((try? RedundantAudio(parsing: bytes[..<count])) == nil || isWhole)
        }
        let endless = [UInt8](repeating: 0xff, count: 400)
        #expect(throws: RTPError.malformedPayload) { try RedundantAudio(parsing: endless[...]) }
    }

    @Test func anyBytesAreReadOrRefused() {
        var random = SeededGenerator(seed: 6)
        for _ in 0..<20_000 {
            let bytes = (0..<Int.random(in: 0...40, using: &random)).map { _ in
                UInt8.random(in: 0...255, using: &random)
            }
            guard let blocks = try? RedundantAudio(parsing: bytes[...]).blocks else { continue }
            #expect(!blocks.isEmpty)
            #expect(blocks.reduce(0) { $0 + $1.data.count } < bytes.count)
        }
    }
}
