import Media
import MediaProcessing
import Primitives
import Testing

@testable import Codecs

struct OpusTests {
    @Test(arguments: [300.0, 1000, 3000]) func aToneKeepsItsLevelAndPitch(frequency: Double) throws {
        let encoder = try OpusEncoder(.init(bitrate: .kilobits(48)))
        let decoder = try OpusDecoder()
        var heard: [Int16] = []
        for block in tone(frequency, blocks: 50) {
            let packet = try #require(try encoder.encode(block))
            #expect(OpusPacket.sampleCount(packet) == 960)
            heard += try decoder.decode(packet)
        }
        let middle = Array(heard[9600...])
        let found = try #require(ToneDetector.dominantTone(in: middle))
        #expect(abs(found.frequency - frequency) < 2)
        #expect(abs(found.levelDb + 20) < 1)
    }

    /// Opus alone would take these for silence after a fifth of a second.
    @Test(arguments: [-12.0, -30, -38]) func aLoudToneIsNeverTakenForSilence(levelDb: Double) throws {
        let encoder = try OpusEncoder()
        for block in tone(440, blocks: 200, levelDb: levelDb) { #expect(try encoder.encode(block) != nil) }
    }

    @Test func silenceIsNotSent() throws {
        let encoder = try OpusEncoder()
        let decoder = try OpusDecoder()
        let silence = [Int16](repeating: 0, count: 960)
        for block in speech(blocks: 100) { _ = try encoder.encode(block).map(decoder.decode) }
        var sent = 0
        for _ in 0..<200 {
            if let packet = try encoder.encode(silence) {
                sent += 1
                _ = try decoder.decode(packet)
            }
        }
        #expect(sent > 0 && sent < 60)
        encoder.configuration.usesDTX = false
        let always = try (0..<20).compactMap { _ in try encoder.encode(silence) }
        #expect(always.count == 20)
    }

    @Test func theFollowingPacketRecoversLostSpeech() throws {
        let encoder = try OpusEncoder(.init(bitrate: .kilobits(32), expectedLoss: 0.2, usesDTX: false))
        let packets = try speech(blocks: 300).map { try #require(try encoder.encode($0)) }
        let whole = try OpusDecoder()
        let recovering = try OpusDecoder()
        let concealing = try OpusDecoder()
        var (lossOfRecovery, lossOfConcealment) = (0.0, 0.0)
        func error(_ a: [Int16], _ b: [Int16]) -> Double {
            zip(a, b).reduce(0) { $0 + (Double($1.0) - Double($1.1)) * (Double($1.0) - Double($1.1)) }
        }
        for (index, packet) in packets.enumerated().dropLast() {
            let original = try whole.decode(packet)
            guard index % 10 == 9 else {
                _ = try recovering.decode(packet)
                _ = try concealing.decode(packet)
                continue
            }
            let recovered = try recovering.decodeFEC(following: packets[index + 1])
            #expect(recovered.count == 960)
            lossOfRecovery += error(original, recovered)
            lossOfConcealment += error(original, try concealing.conceal())
        }
        #expect(lossOfRecovery < 0.7 * lossOfConcealment)
    }

    @Test func concealmentFadesOut() throws {
        let encoder = try OpusEncoder()
        let decoder = try OpusDecoder()
        for block in tone(440, blocks: 30) { _ = try encoder.encode(block).map(decoder.decode) }
        let first = try decoder.conceal()
        for _ in 0..<40 { _ = try decoder.conceal() }
        let last = try decoder.conceal()
        #expect(first.count == 960 && rmsDb(first) > -40)
        #expect(rmsDb(last) < rmsDb(first) - 20)
        #expect(try decoder.conceal(samples: 480).count == 480)
        try decoder.reset()
    }

    @Test(arguments: [120, 240, 480, 960, 1920, 2880]) func everyBlockLengthWorks(samples: Int) throws {
        let encoder = try OpusEncoder(.init(usesDTX: false))
        let decoder = try OpusDecoder()
        let packet = try #require(try encoder.encode([Int16](repeating: 100, count: samples)))
        #expect(OpusPacket.sampleCount(packet) == samples)
        #expect(try decoder.decode(packet).count == samples)
    }

    @Test func otherLengthsAreRefused() throws {
        let encoder = try OpusEncoder()
        let decoder = try OpusDecoder()
        for count in [0, 1, 959, 961, 5760] {
            #expect(throws: CodecError.unsupportedSize) { try encoder.encode([Int16](repeating: 0, count: count)) }
        }
        for count in [-120, 0, 100, 5880] {
            #expect(throws: CodecError.unsupportedSize) { try decoder.conceal(samples: count) }
        }
    }

    /// Six 20 ms SILK frames of nothing in one packet (RFC 6716 §3.2.5, code 3), mono and stereo.
    @Test(arguments: [UInt8(0x0b), 0x0f]) func aPacketOf120MillisecondsAndStereoAreTaken(toc: UInt8) throws {
        let packet: [UInt8] = [toc, 6] + [UInt8](repeating: 0, count: 60)
        #expect(OpusPacket.sampleCount(packet) == 5760)
        #expect(try OpusDecoder().decode(packet).count == 5760)
    }

    @Test func garbageNeverTraps() throws {
        var random = SeededGenerator(seed: 17)
        let decoder = try OpusDecoder()
        let encoder = try OpusEncoder(.init(usesDTX: false))
        let packets = try speech(blocks: 30).compactMap { try encoder.encode($0) }
        for round in 0..<3000 {
            var bytes = packets.randomElement(using: &random) ?? []
            if round % 2 == 0 {
                bytes = (0..<Int.random(in: 0...100, using: &random)).map { _ in .random(in: 0...255, using: &random) }
            }
            if !bytes.isEmpty {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] ^= .random(in: 1...255, using: &random)
            }
            if let block = try? decoder.decode(bytes) { #expect(120...5760 ~= block.count) }
            if let block = try? decoder.decodeFEC(following: bytes) { #expect(block.count <= 960) }
        }
        #expect(throws: CodecError.malformed) { try decoder.decode([]) }
    }
}
