import Primitives
import SDP
import Testing

/// Good descriptions with random faults: whatever still reads must write and read the same again, and nothing traps.
@Suite struct HostileTests {
    @Test(arguments: Vectors.names)
    func survivesRandomFaults(name: String) throws {
        let good = [UInt8](try Vectors.text(name).utf8)
        var random = SeededGenerator(seed: 42)
        var understood = 0
        for _ in 0..<600 {
            var bytes = good
            for _ in 0..<Int.random(in: 1...4, using: &random) { fault(&bytes, &random) }
            let text = String(decoding: bytes, as: UTF8.self)
            guard let description = try? SessionDescription(parsing: text) else { continue }
            understood += 1
            let again = try SessionDescription(parsing: description.text)
            #expect(again == description)
        }
        #expect(understood > 100)
    }

    private func fault(_ bytes: inout [UInt8], _ random: inout SeededGenerator) {
        guard !bytes.isEmpty else { return }
        let at = Int.random(in: 0..<bytes.count, using: &random)
        let length = min(Int.random(in: 1...40, using: &random), bytes.count - at)
        switch Int.random(in: 0..<6, using: &random) {
        case 0: bytes[at] = UInt8.random(in: 0...255, using: &random)
        case 1: bytes[at] = [0x20, 0x3a, 0x2f, 0x3b, 0x3d, 0x2a, 0x0a, 0x39].randomElement(using: &random) ?? 0
        case 2: bytes.removeSubrange(at..<at + length)
        case 3: bytes.insert(contentsOf: bytes[at..<at + length], at: at)
        case 4: bytes.insert(contentsOf: Array(repeating: 0x39, count: length), at: at)
        default: bytes.removeSubrange(at...)
        }
    }
}
