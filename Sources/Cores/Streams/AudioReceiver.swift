import Media
import Primitives

/// What `AudioReceiver` needs of a decoder: each call appends mono samples at 48 kHz. Lengths are multiples of 120.
package protocol AudioDecoder {
    mutating func decode(_ payload: [UInt8], into pcm: inout [Int16]) throws
    /// The lost packet before `payload`, from the copy in there.
    mutating func decodeFEC(_ payload: [UInt8], samples: Int, into pcm: inout [Int16]) throws
    /// A guess at what is missing, fading when asked again and again.
    mutating func conceal(samples: Int, into pcm: inout [Int16]) throws
}

/// One remote voice from packets to sound: a jitter buffer, a decoder, and the stretching that keeps the delay right.
///
/// The playout thread inserts packets as they come and reads a block of 20 ms whenever the speaker wants one.
package struct AudioReceiver<Decoder: AudioDecoder> {
    package private(set) var buffer: JitterBuffer
    /// Samples that stretching took out and put in.
    package private(set) var removedSamples = 0
    package private(set) var insertedSamples = 0
    /// Packets that the decoder refused.
    package private(set) var undecodable = 0

    private var decoder: Decoder
    /// Decoded and not yet played.
    private var pcm: [Int16] = []
    private var isSilent = true

    package init(decoder: Decoder, configuration: JitterBuffer.Configuration = .init()) {
        self.decoder = decoder
        buffer = JitterBuffer(configuration: configuration)
        pcm.reserveCapacity(OpusFraming.longest + 2 * AudioFormat.blockSamples)
    }

    /// Numbers and timestamps (48 kHz) are unwrapped.
    package mutating func insert(
        sequence: Int64, timestamp: Int64, payload: [UInt8], arrival: Instant, isRedundant: Bool = false
    ) {
        buffer.insert(
            sequence: sequence, timestamp: timestamp, payload: payload, arrival: arrival, isRedundant: isRedundant)
    }

    /// The RTP timestamp that the next block begins with, for lip sync; nil before anything was played.
    package var timestampPlaying: Int64? { buffer.timestampPlaying(queued: pcm.count) }

    /// Gives the next 960 samples, to be played at `now` or a constant time after it. False where they are silence.
    @discardableResult
    package mutating func read(into block: inout [Int16], now: Instant) -> Bool {
        fill(now: now)
        switch buffer.advice(now: now, queued: pcm.count) {
        case .none: break
        case .accelerate(let urgent):
            let removed = TimeStretcher.shorten(&pcm, urgent: urgent)
            removedSamples += removed
            buffer.stretched(by: -removed)
            fill(now: now)
        case .expand:
            let inserted = TimeStretcher.lengthen(&pcm)
            insertedSamples += inserted
            buffer.stretched(by: inserted)
        }
        block.removeAll(keepingCapacity: true)
        block.append(contentsOf: pcm[..<AudioFormat.blockSamples])
        pcm.removeFirst(AudioFormat.blockSamples)
        return block.contains { $0 != 0 }
    }

    package mutating func read(now: Instant) -> [Int16] {
        var block: [Int16] = []
        read(into: &block, now: now)
        return block
    }

    private mutating func fill(now: Instant) {
        while pcm.count < AudioFormat.blockSamples {
            let before = pcm.count
            execute(buffer.next(now: now, queued: before))
            if pcm.count <= before { appendZeros(OpusFraming.unit) }  // a decoder that gave nothing
        }
    }

    private mutating func execute(_ step: JitterBuffer.Step) {
        switch step {
        case .silence(let samples): fadeOut(samples)
        case .comfort(let samples), .conceal(let samples): conceal(samples)
        case .decode(let payload):
            isSilent = false
            let before = pcm.count
            do {
                try decoder.decode(payload, into: &pcm)
            } catch {
                undecodable += 1
                pcm.removeSubrange(before...)
                conceal(OpusFraming.samples(payload) ?? AudioFormat.blockSamples)
            }
        case .recover(let payload, let samples):
            isSilent = false
            let before = pcm.count
            do {
                try decoder.decodeFEC(payload, samples: samples, into: &pcm)
            } catch {
                undecodable += 1
                pcm.removeSubrange(before...)
                conceal(samples)
            }
        }
    }

    private mutating func conceal(_ samples: Int) {
        guard !isSilent else { return appendZeros(samples) }
        let before = pcm.count
        do {
            try decoder.conceal(samples: samples, into: &pcm)
        } catch {
            pcm.removeSubrange(before...)
            appendZeros(samples)
        }
    }

    /// Silence, after a last piece of concealment that fades, so that nothing clicks.
    private mutating func fadeOut(_ samples: Int) {
        let before = pcm.count
        conceal(samples)
        isSilent = true
        let count = pcm.count - before
        for i in 0..<count { pcm[before + i] = Int16(Int(pcm[before + i]) * (count - i) / count) }
    }

    private mutating func appendZeros(_ samples: Int) {
        pcm.append(contentsOf: repeatElement(0, count: samples))
    }
}

extension AudioReceiver: Sendable where Decoder: Sendable {}
