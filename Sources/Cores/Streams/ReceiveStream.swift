import Media
import Primitives
import RTP

/// One stream of packets as it is received: widened, counted, repaired, and for video put together into frames.
struct ReceiveStream: Sendable {
    let ssrc: SSRC
    private(set) var reception: ReceptionStatistics
    private(set) var assembler: FrameAssembler?
    private(set) var duplicates = 0
    private(set) var recovered = 0
    private(set) var nacksSent = 0

    private let kind: SectionParameters.Kind
    private var validator = SequenceValidator()
    private var timestamps = TimestampUnwrapper()
    private var nack: NACKGenerator?

    init(ssrc: SSRC, section: SectionParameters) {
        self.ssrc = ssrc
        kind = section.kind
        reception = ReceptionStatistics(clockRate: section.clockRate)
        if section.kind == .video { assembler = FrameAssembler() }
        configure(section)
    }

    /// Takes over what may change while the stream runs.
    mutating func configure(_ section: SectionParameters) {
        if !section.feedback.nack {
            nack = nil
        } else if nack == nil {
            nack = NACKGenerator()
        }
        updatePatience(roundTrip: nil)
    }

    var nextDeadline: Instant? {
        earliest(nack?.nextDeadline, assembler?.nextDeadline)
    }

    var needsKeyFrame: Bool { assembler?.needsKeyFrame ?? false }

    /// Waiting is worth as long as a few retransmissions take; without them only reordering is waited for.
    private mutating func updatePatience(roundTrip: Duration?) {
        guard let nack else {
            assembler?.skipPatience = .milliseconds(30)
            assembler?.keyFramePatience = .milliseconds(60)
            return
        }
        let roundTrip = max(roundTrip ?? .milliseconds(50), nack.answerTime ?? .milliseconds(50))
        assembler?.skipPatience = (roundTrip * 3 / 2 + .milliseconds(20)).clamped(
            to: .milliseconds(60)...(.milliseconds(300)))
        assembler?.keyFramePatience = (roundTrip * 3 + .milliseconds(100)).clamped(
            to: .milliseconds(250)...(.milliseconds(1_000)))
    }
}

// MARK: - Packets

extension ReceiveStream {
    enum Arrival {
        case accepted(sequence: Int64, timestamp: Int64)
        /// As `accepted`, and numbers start over with it.
        case restarted(sequence: Int64, timestamp: Int64)
        case dropped
    }

    /// Takes a packet of this stream; `isMedia` is false for one of another payload type, or without payload.
    /// `size` is what came over the network for it.
    mutating func receive(
        _ packet: RTPPacket, isMedia: Bool, isRecovered: Bool, size: Int, now: Instant
    ) -> Arrival {
        switch validator.validate(packet.sequence, isRecovered: isRecovered) {
        case .duplicate:
            duplicates += 1
            return .dropped
        case .ancient, .implausible:
            return .dropped
        case .restarted(let sequence):
            startOver()
            return .restarted(
                sequence: sequence,
                timestamp: take(packet, sequence, isMedia: isMedia, isRecovered: false, size: size, now: now))
        case .new(let sequence):
            return .accepted(
                sequence: sequence,
                timestamp: take(packet, sequence, isMedia: isMedia, isRecovered: isRecovered, size: size, now: now))
        }
    }

    /// Returns the widened timestamp.
    private mutating func take(
        _ packet: RTPPacket, _ sequence: Int64, isMedia: Bool, isRecovered: Bool, size: Int, now: Instant
    ) -> Int64 {
        if isRecovered {
            recovered += 1
        } else {
            reception.receive(sequence: sequence, timestamp: packet.timestamp, bytes: size, now: now)
        }
        nack?.receive(sequence, now: now)
        assembler?.insert(packet, sequence: sequence, isVideo: isMedia, now: now)
        forgetWhatIsNotNeeded()
        return timestamps.unwrap(packet.timestamp)
    }

    /// Whether the copy of an earlier packet is of use; each is taken once.
    mutating func takeCopy(of sequence: Int64) -> Bool {
        guard validator.claim(sequence) else { return false }
        recovered += 1
        return true
    }

    private mutating func startOver() {
        reception = ReceptionStatistics(clockRate: reception.clockRate)
        timestamps = TimestampUnwrapper()
        if nack != nil { nack = NACKGenerator() }
        guard let old = assembler else { return }
        assembler = FrameAssembler()
        assembler?.skipPatience = old.skipPatience
        assembler?.keyFramePatience = old.keyFramePatience
    }

    private mutating func forgetWhatIsNotNeeded() {
        if let next = assembler?.next { nack?.discard(before: next) }
    }

    mutating func pollFrame() -> (frame: EncodedFrame, timestamp: Int64)? {
        guard let frame = assembler?.pollFrame()?.frame else { return nil }
        return (frame, timestamps.unwrap(frame.timestamp))
    }

    /// The sequence numbers to ask for now.
    mutating func handleTimeout(now: Instant, roundTrip: Duration?) -> [UInt16] {
        updatePatience(roundTrip: roundTrip)
        assembler?.handleTimeout(now: now)
        forgetWhatIsNotNeeded()
        let missing = nack?.handleTimeout(now: now, roundTrip: roundTrip) ?? []
        nacksSent += missing.count
        return missing.map { UInt16(truncatingIfNeeded: $0) }
    }

    // MARK: - Reports

    /// Returns the report's RTP time, widened.
    mutating func receive(_ report: SenderReport, now: Instant) -> Int64 {
        reception.receive(report, now: now)
        var trial = timestamps
        return trial.unwrap(report.rtpTime)
    }

    mutating func report(now: Instant) -> ReportBlock? {
        reception.report(ssrc: ssrc, now: now)
    }
}
