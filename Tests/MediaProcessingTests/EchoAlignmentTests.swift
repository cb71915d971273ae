import Media
import MediaProcessing
import Primitives
import Testing

@Suite struct PlayedSoundTests {
    private let start = Instant.seconds(1_000)

    /// Blocks of one value each, the first heard at `start`; `error` is what the device's word is off by, in milliseconds.
    private func play(_ values: ClosedRange<Int16>, error: (Int) -> Int64 = { _ in 0 }) -> PlayedSound {
        var played = PlayedSound()
        for (index, value) in values.enumerated() {
            played.append(block(value), heardAt: start + .milliseconds(Int64(index) * 20 + error(index)))
        }
        return played
    }

    private func block(_ value: Int16) -> [Int16] { [Int16](repeating: value, count: AudioFormat.blockSamples) }

    @Test func tellsWhatIsHeardAtAMoment() throws {
        let played = play(1...10)
        let place = try #require(played.place(of: start + .milliseconds(60)))
        #expect(played.sound(at: place) == block(4))
        #expect(played.sound(at: place + 480, count: 960) == Array(block(4)[..<480] + block(5)[..<480]))
        #expect(played.sound(at: place + 7 * 960) == block(0), "not played yet")
    }

    @Test func isNotTornByAThreadThatComesLateNowAndThen() throws {
        let played = play(1...40) { $0 % 4 == 3 ? Int64($0) : 0 }
        let place = try #require(played.place(of: start + .milliseconds(700)))
        for back in 0..<30 { #expect(played.sound(at: place - back * 960) == block(Int16(36 - back))) }
    }

    @Test func hasAGapWhereTheSpeakerRanDry() throws {
        let played = play(1...60) { $0 >= 20 ? 100 : 0 }
        // Seen after a fifth of a second.
        let place = try #require(played.place(of: start + .milliseconds(45 * 20 + 100)))
        #expect(played.sound(at: place) == block(46))
    }

    /// `ALSASink` does so at the first sound.
    @Test func knowsAtOnceWhenSilenceWasThrownAway() throws {
        var played = PlayedSound()
        for index in 0..<50 { played.append(block(0), heardAt: start + .milliseconds(Int64(index) * 20 + 400)) }
        for index in 0..<5 {
            played.append(block(Int16(index + 1)), heardAt: start + .milliseconds(Int64(index) * 20 + 1_060))
        }
        let place = try #require(played.place(of: start + .milliseconds(1_060)))
        #expect(played.sound(at: place) == block(1))
        #expect(played.jumps == 1)
    }

    @Test func followsAClockThatRunsFast() throws {
        var played = PlayedSound()
        for index in 0..<3_000 {
            played.append(block(Int16(index)), heardAt: start + Duration(seconds: Double(index) * 0.02 * (1 - 200e-6)))
        }
        let place = try #require(played.place(of: start + Duration(seconds: 2_980 * 0.02 * (1 - 200e-6))))
        let heard = played.sound(at: place)
        #expect(heard[480] == 2_980, "\(heard[480])")
    }
}

@Suite struct EchoAlignmentTests {
    /// Noise that swells and fades, as talk does.
    private func sound(seconds: Int, seed: UInt64) -> [Int16] {
        var generator = SpeechGenerator(seed: seed)
        var samples: [Int16] = []
        var block = [Int16](repeating: 0, count: AudioFormat.blockSamples)
        for _ in 0..<seconds * 50 {
            generator.fill(&block)
            samples += block
        }
        return samples
    }

    /// After so many blocks of a speaker whose echo comes `milliseconds` later than the devices say; from block `lost` on the
    /// microphone lacks half a second.
    private func listen(blocks: Int, milliseconds: Int64 = 0, lost: Int = .max) -> EchoAlignment {
        let far = sound(seconds: 5, seed: 3)
        let shift = Int(milliseconds) * 48
        var played = PlayedSound()
        var alignment = EchoAlignment()
        let start = Instant.seconds(1_000)
        for index in 0..<blocks {
            let at = index * AudioFormat.blockSamples
            let time = start + .milliseconds(Int64(index) * 20)
            played.append(Array(far[at..<at + 960]), heardAt: time + .milliseconds(60))
            // The microphone hears, a little softer, what the speaker was given at least 20 ms ago.
            let near = (at - 80 * 48..<at - 80 * 48 + 960).map { place in
                far.indices.contains(place - shift) ? far[place - shift] / 2 : 0
            }
            let recordedAt = time + .milliseconds(index < lost ? -20 : 480)
            _ = alignment.sound(for: near, recordedAt: recordedAt, in: played)
        }
        return alignment
    }

    /// Also before the devices' own word, which a sound server may be wrong about.
    @Test(arguments: [Int64(-60), 0, 40, 130, 300])
    func findsWhatTheDevicesDoNotKnow(milliseconds: Int64) throws {
        let found = try #require(listen(blocks: 245, milliseconds: milliseconds).delay)
        #expect(abs(found.milliseconds - milliseconds) <= 20, "\(found.milliseconds) ms")
    }

    /// Who interrupts is not to be heard meanwhile: from the second block on it is known that something is wrong.
    @Test func knowsOfAnInterruptionBeforeItIsCertain() {
        #expect(listen(blocks: 140).isSteady)
        #expect(!listen(blocks: 142, lost: 140).isSteady)
        #expect(listen(blocks: 142, lost: 140).mayHearEcho)
    }

    @Test func nothingIsAnEchoWhileTheSpeakerIsSilent() {
        var played = PlayedSound()
        var alignment = EchoAlignment()
        let start = Instant.seconds(1_000)
        let near = sound(seconds: 2, seed: 4)
        for index in 0..<100 {
            let time = start + .milliseconds(Int64(index) * 20)
            played.append([Int16](repeating: 0, count: 960), heardAt: time + .milliseconds(60))
            _ = alignment.sound(for: Array(near[index * 960..<index * 960 + 960]), recordedAt: time, in: played)
            #expect(!alignment.mayHearEcho)
        }
    }

    /// A speaker that is gone may not silence the microphone.
    @Test func nothingIsAnEchoOnceTheSpeakerGaveNothingForASecond() {
        let sound = sound(seconds: 1, seed: 4)
        var played = PlayedSound()
        var alignment = EchoAlignment()
        let start = Instant.seconds(1_000)
        for index in 0..<150 {
            let time = start + .milliseconds(Int64(index) * 20)
            let block = Array(sound[index % 50 * 960..<index % 50 * 960 + 960])
            if index < 50 { played.append(block, heardAt: time + .milliseconds(60)) }
            _ = alignment.sound(for: block, recordedAt: time, in: played)
            if index == 49 { #expect(alignment.mayHearEcho) }
        }
        #expect(!alignment.mayHearEcho)
    }

    /// What was found before an interruption belongs to other places.
    @Test func looksAgainAfterAnInterruption() {
        #expect(listen(blocks: 140).delay != nil)
        #expect(listen(blocks: 160, lost: 140).delay == nil)
    }
}
