import Primitives

/// How one m-section fares. Counts run from its beginning and never fall.
package struct SectionStatistics: Equatable, Sendable {
    package struct Sent: Equatable, Sendable {
        package var packets = 0
        /// RTP packets with their headers.
        package var bytes = 0
        package var retransmissions = 0
        package var frames = 0
        package var keyFrames = 0
        /// Frames that the path had no room for.
        package var framesDropped = 0
        /// Packets that the other side asked for again.
        package var nacks = 0
        package var keyFrameRequests = 0
        /// What the other side said last: 0...1.
        package var fractionLost = 0.0
        package var jitter = Duration.zero
        /// The other side is heard, but by its reports nothing of this arrives there.
        package var isUndelivered = false
        /// Earlier packets repeated in later ones (RED).
        package var copies = 0

        package init() {}
    }

    package struct Received: Equatable, Sendable {
        package var packets = 0
        package var bytes = 0
        /// Not counting those that were recovered afterwards as received; negative where duplicates came.
        package var lost = 0
        /// Of the last report interval, 0...1.
        package var fractionLost = 0.0
        package var jitter = Duration.zero
        package var duplicates = 0
        /// Packets that came as retransmissions, or as copies in later ones.
        package var recovered = 0
        /// Packets asked for again.
        package var nacks = 0
        package var keyFrameRequests = 0
        package var frames = 0
        package var keyFrames = 0
        package var framesDropped = 0

        package init() {}
    }

    /// The MID, or `mid/rid` for a layer of a simulcast.
    package var mid: String
    package var kind: SectionParameters.Kind
    package var sent: Sent
    package var received: Received
    /// Of the whole session, by reports.
    package var roundTrip: Duration?
}

extension SectionStatistics.Received {
    /// Adds what a stream counted.
    mutating func add(_ stream: ReceiveStream) {
        packets += Int(stream.reception.packets)
        bytes += Int(stream.reception.bytes)
        lost += Int(stream.reception.lost)
        fractionLost = stream.reception.fractionLost
        jitter = stream.reception.jitterTime
        duplicates += stream.duplicates
        recovered += stream.recovered
        nacks += stream.nacksSent
        guard let assembler = stream.assembler else { return }
        frames += assembler.framesEmitted
        keyFrames += assembler.keyFramesEmitted
        framesDropped += assembler.framesDropped
    }
}

extension Section {
    func statistics(roundTrip: Duration?) -> SectionStatistics {
        var received = self.received
        if let receiver { received.add(receiver) }
        received.keyFrameRequests = keyFrames.requests
        return SectionStatistics(
            mid: name, kind: agreed.kind, sent: sent, received: received, roundTrip: roundTrip)
    }
}
