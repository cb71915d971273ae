import Codecs
import Media
import Primitives
import RTP
import Simulation
import Streams

/// One voice through real Opus, two `RTPSession`s and a simulated path to an `AudioReceiver`, as fast as it can be computed.
///
/// Sound is taken by the sender's clock and played by the receiver's, whose blocks begin at another moment and may be
/// longer or shorter by a few parts in a million.
struct SimulatedCall {
    struct Options {
        var conditions = NetworkConditions.perfect
        var seed: UInt64 = 1
        var bitrate = Bitrate.kilobits(32)
        /// By how much the receiver's clock is fast, in parts per million.
        var drift = 0.0
        var offersRedundancy = true
        var offersFEC = true
    }

    private let options: Options
    private let encoder: OpusEncoder
    private var sender: RTPSession
    private var receiver: RTPSession
    private var forth: NetworkSimulator<OutgoingPacket>
    private var back: NetworkSimulator<OutgoingPacket>
    private var sound: AudioReceiver<OpusAudioDecoder>
    private(set) var playoutDelays: [Duration] = []

    static let beginning = Instant.seconds(1_000)
    private static let block = Duration.milliseconds(Int64(AudioFormat.blockMilliseconds))

    init(_ options: Options) throws {
        self.options = options
        encoder = try OpusEncoder(.init(bitrate: options.bitrate, usesFEC: options.offersFEC))
        let clock = WallClock(NTPTime(unixNanoseconds: 1_700_000_000_000_000_000), at: Self.beginning)
        sender = RTPSession(cname: "sender", seed: options.seed, clock: clock)
        receiver = RTPSession(cname: "receiver", seed: options.seed &+ 1, clock: clock)
        forth = NetworkSimulator(options.conditions, seed: options.seed &+ 2)
        back = NetworkSimulator(NetworkConditions(latency: options.conditions.latency), seed: options.seed &+ 3)
        sound = AudioReceiver(decoder: try OpusAudioDecoder())
        sender.configure(Self.section(1, hears: 2, options), now: Self.beginning)
        receiver.configure(Self.section(2, hears: 1, options), now: Self.beginning)
    }

    private static func section(_ local: UInt32, hears remote: UInt32, _ options: Options) -> SectionParameters {
        var feedback = SectionParameters.Feedback()
        feedback.transportCC = true
        let types = SectionParameters.PayloadTypes(
            media: PayloadType(masking: 111), redundant: options.offersRedundancy ? PayloadType(masking: 63) : nil)
        return SectionParameters(
            mid: "0", kind: .audio, sends: true, receives: true, sendTypes: types, receiveTypes: types,
            clockRate: AudioFormat.sampleRate,
            extensions: HeaderExtensionMap([.audioLevel: 1, .absoluteSendTime: 2, .transportSequence: 3, .mid: 4]),
            feedback: feedback, remoteSources: [.init(ssrc: SSRC(remote))], localSSRC: SSRC(local))
    }

    /// What the speaker gets, from `firstBlock` on.
    mutating func run(_ samples: [Int16]) throws -> (sound: [Int16], firstBlock: Instant) {
        var random = SeededGenerator(seed: options.seed &+ 4)
        let first = Self.beginning + Self.block * Double.random(in: 0..<1, using: &random)
        let step = Self.block * (1 - options.drift / 1e6)
        var nextRead = first
        var heard: [Int16] = []
        heard.reserveCapacity(samples.count)
        var block: [Int16] = []
        for index in 0..<samples.count / AudioFormat.blockSamples {
            // A block is complete, and can be sent, 20 ms after its first sample.
            let complete = Self.beginning + Self.block * (index + 1)
            while nextRead < complete {
                deliver(until: nextRead)
                sound.read(into: &block, now: nextRead)
                heard += block
                playoutDelays.append(sound.buffer.playoutDelay)
                nextRead += step
            }
            deliver(until: complete)
            let from = index * AudioFormat.blockSamples
            try send(Array(samples[from..<from + AudioFormat.blockSamples]), index: index, at: complete)
        }
        return (heard, first)
    }

    private mutating func send(_ samples: [Int16], index: Int, at now: Instant) throws {
        guard let payload = try encoder.encode(samples) else { return }
        sender.sendAudio(
            mid: "0", payload: payload, timestamp: UInt32(index * AudioFormat.blockSamples), level: nil,
            captureTime: now - Self.block, now: now)
        flush(now)
    }

    private mutating func deliver(until end: Instant) {
        while let time = [forth.nextArrival, back.nextArrival, sender.nextDeadline, receiver.nextDeadline]
            .compactMap({ $0 }).min(), time <= end
        {
            while let packet = forth.receive(now: time) { receiver.receive(packet.bytes, now: time) }
            while let packet = back.receive(now: time) { sender.receive(packet.bytes, now: time) }
            sender.handleTimeout(now: time)
            receiver.handleTimeout(now: time)
            flush(time)
        }
    }

    private mutating func flush(_ now: Instant) {
        while let packet = sender.pollTransmit() { forth.send(packet, bytes: packet.bytes.count + 28, now: now) }
        while let packet = receiver.pollTransmit() { back.send(packet, bytes: packet.bytes.count + 28, now: now) }
        while let event = sender.pollEvent() {
            guard case .voiceProtection(_, let plan) = event else { continue }
            encoder.configuration.expectedLoss = plan.expectedLoss
            encoder.configuration.makeRoom(forCopies: plan.copies, rate: options.bitrate)
        }
        while let event = receiver.pollEvent() {
            guard case .audioPacket(_, let packet) = event else { continue }
            sound.insert(
                sequence: packet.sequence, timestamp: packet.timestamp, payload: packet.payload,
                arrival: packet.arrival, isRedundant: packet.isRedundant)
        }
    }

    /// As JSON's values: what the buffer and the sender counted.
    var statistics: [(name: String, value: Double)] {
        let numbers = sound.buffer.statistics
        let sent = sender.statistics[0].sent
        let delays = playoutDelays.map(\.seconds).sorted()
        return [
            ("concealed_ms", Double(numbers.concealedSamples) / 48),
            ("recovered_ms", Double(numbers.recoveredSamples) / 48),
            ("late", Double(numbers.late)),
            ("removed_ms", Double(sound.removedSamples) / 48), ("inserted_ms", Double(sound.insertedSamples) / 48),
            ("buffer_ms", delays.isEmpty ? 0 : delays[delays.count / 2] * 1_000),
            ("rtp_bytes", Double(sent.bytes)), ("packets", Double(sent.packets)),
            ("wire_loss", Double(forth.lost) / Double(max(1, forth.sent))),
        ]
    }
}
