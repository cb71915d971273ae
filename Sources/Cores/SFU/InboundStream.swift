import Primitives
import RTP
import Streams

/// One source of a publisher as it arrives: widened, counted, asked for again, and kept for the subscribers' own
/// requests. For video with simulcast there is one for each layer.
package struct InboundStream: Sendable {
    package struct Parameters: Sendable {
        package var clockRate: Int
        package var isVideo: Bool
        package var asksAgain: Bool

        package init(clockRate: Int, isVideo: Bool, asksAgain: Bool) {
            self.clockRate = clockRate
            self.isVideo = isVideo
            self.asksAgain = asksAgain
        }
    }

    package let parameters: Parameters
    package private(set) var reception: ReceptionStatistics
    package private(set) var clock: SenderClock?
    package private(set) var lastPacket: Instant?
    /// Every packet counts, also those that are not forwarded.
    package private(set) var rates = LayerRates()
    package private(set) var store: PacketStore?
    private var validator = SequenceValidator()
    private var nack: NACKGenerator?

    package init(_ parameters: Parameters) {
        self.parameters = parameters
        reception = ReceptionStatistics(clockRate: parameters.clockRate)
        if parameters.isVideo { store = PacketStore() }
        if parameters.asksAgain { nack = NACKGenerator() }
    }

    package enum Arrival {
        case packet(sequence: Int64)
        /// The source began a new row of numbers.
        case restarted(sequence: Int64)
        case dropped
    }

    /// Judges a packet, which may be a retransmission turned back. `size` is what came over the network for it.
    package mutating func receive(
        _ packet: PacketView, temporalLayer: Int, isRecovered: Bool, size: Int, now: Instant
    ) -> Arrival {
        let sequence: Int64
        var isRestart = false
        switch validator.validate(packet.sequence, isRecovered: isRecovered) {
        case .duplicate, .ancient, .implausible: return .dropped
        case .restarted(let first):
            reception = ReceptionStatistics(clockRate: parameters.clockRate)
            if nack != nil { nack = NACKGenerator() }
            clock = nil
            sequence = first
            isRestart = true
        case .new(let number): sequence = number
        }
        if !isRecovered {
            reception.receive(sequence: sequence, timestamp: packet.timestamp, bytes: size, now: now)
        }
        nack?.receive(sequence, now: now)
        rates.add(bytes: size, temporalLayer: temporalLayer, now: now)
        lastPacket = now
        store?.insert(packet)
        return isRestart ? .restarted(sequence: sequence) : .packet(sequence: sequence)
    }

    package mutating func receive(_ report: SenderReport, now: Instant) {
        reception.receive(report, now: now)
        clock = SenderClock(report, clockRate: parameters.clockRate, arrival: now)
    }

    package var nextDeadline: Instant? { nack?.nextDeadline }

    /// The numbers to ask for now.
    package mutating func handleTimeout(now: Instant) -> [UInt16] {
        nack?.handleTimeout(now: now).map { UInt16(truncatingIfNeeded: $0) } ?? []
    }

    package mutating func report(ssrc: UInt32, now: Instant) -> ReportBlock? {
        reception.report(ssrc: SSRC(ssrc), now: now)
    }
}

/// How many bits a second a layer takes, by temporal layer.
package struct LayerRates: Sendable {
    package static let temporalLayers = 4
    private static let window = Duration.milliseconds(500)

    private var current: InlineArray<4, Int> = .init(repeating: 0)
    private var previous: InlineArray<4, Int> = .init(repeating: 0)
    private var start: Instant?
    package private(set) var highestTemporalLayer = 0

    package init() {}

    mutating func add(bytes: Int, temporalLayer: Int, now: Instant) {
        advance(to: now)
        let layer = temporalLayer.clamped(to: 0...Self.temporalLayers - 1)
        current[layer] += bytes * 8
        highestTemporalLayer = max(highestTemporalLayer, layer)
    }

    /// Of this temporal layer and those below it.
    package func rate(upTo temporalLayer: Int, now: Instant) -> Bitrate {
        var copy = self
        copy.advance(to: now)
        guard let start = copy.start else { return .zero }
        var bits = 0
        for layer in 0...temporalLayer.clamped(to: 0...Self.temporalLayers - 1) {
            bits += copy.current[layer] + copy.previous[layer]
        }
        return Bitrate(bitsPerSecond: Int(Double(bits) / (now - start + Self.window).seconds))
    }

    private mutating func advance(to now: Instant) {
        guard let begin = start, now - begin < Self.window * 2 else {
            start = now
            current = .init(repeating: 0)
            previous = .init(repeating: 0)
            return
        }
        guard now - begin >= Self.window else { return }
        start = begin + Self.window
        previous = current
        current = .init(repeating: 0)
    }
}
