import Primitives
import RTP

/// One stream towards one subscriber: gives forwarded packets its own source, numbers, times and header extensions.
///
/// The first packet, and the first one after the source changed, come by `restart`; packets that are left out on purpose
/// by `drop`, so that the subscriber sees no gap where nothing was lost.
package struct OutboundStream: Sendable {
    package struct Parameters: Sendable {
        package var ssrc: UInt32
        package var payloadType: UInt8
        package var clockRate: Int
        /// Source and payload type of retransmissions; without them packets are repeated as they were.
        package var retransmission: (ssrc: UInt32, payloadType: UInt8)?
        package var header: HeaderTemplate

        package init(
            ssrc: UInt32, payloadType: UInt8, clockRate: Int, retransmission: (ssrc: UInt32, payloadType: UInt8)?,
            header: HeaderTemplate
        ) {
            self.ssrc = ssrc
            self.payloadType = payloadType
            self.clockRate = clockRate
            self.retransmission = retransmission
            self.header = header
        }
    }

    package let parameters: Parameters
    package private(set) var packets: UInt32 = 0
    package private(set) var octets: UInt32 = 0
    package private(set) var repeated = 0
    /// What is added to the source's RTP time.
    package private(set) var timestampOffset: UInt32 = 0
    private var sequences: NumberMap
    private var pictures: NumberMap
    private var pictureUnwrapper = SequenceUnwrapper()
    private var baseLayerOffset: UInt8 = 0
    private var lastBaseLayer: UInt8
    private var lastDroppedPicture: UInt16?
    private var lastTimestamp: UInt32
    private var lastSent: Instant?
    private var history: SentHistory?
    private var retransmissionSequence: UInt16

    /// Numbers begin where `random` says. `keepsHistory` for streams whose packets may be asked for again.
    package init(_ parameters: Parameters, keepsHistory: Bool, random: inout some RandomNumberGenerator) {
        self.parameters = parameters
        // Far below the wrap, where receivers are most robust (RFC 3711 §3.3.1 on guessing the rollover counter).
        sequences = NumberMap(first: Int64(UInt16.random(in: 1...0x3fff, using: &random)))
        pictures = NumberMap(first: Int64(UInt16.random(in: 0...0x3fff, using: &random)))
        lastBaseLayer = UInt8.random(in: 0...255, using: &random)
        lastTimestamp = UInt32.random(in: 0...(.max), using: &random)
        retransmissionSequence = UInt16.random(in: 1...0x3fff, using: &random)
        if keepsHistory { history = SentHistory() }
    }

    package var hasBegun: Bool { sequences.hasBegun }
    /// RTP time of the newest packet.
    package var newestTimestamp: UInt32 { lastTimestamp }

    /// The next packet is the first of a source, or of another layer. `elapsed` is how much later its content is than
    /// that of the last packet, where the sources' sender reports tell; else time on the clock counts.
    package mutating func restart(
        with packet: PacketView, sequence: Int64, picture: VP8View?, elapsed: Duration?, now: Instant
    ) {
        let isFirst = !hasBegun
        sequences.restart(at: sequence)
        if let picture {
            pictureUnwrapper = SequenceUnwrapper()
            pictures.restart(at: unwrap(picture))
            baseLayerOffset = lastBaseLayer &+ 1 &- picture.baseLayerIndex
            lastDroppedPicture = nil
        }
        guard !isFirst else {
            timestampOffset = lastTimestamp &- packet.timestamp
            return
        }
        let passed = elapsed ?? lastSent.map { now - $0 } ?? .zero
        // At least a little: two frames with one time would be shown as one.
        let ticks = max(passed.seconds, 0.001) * Double(parameters.clockRate)
        timestampOffset = lastTimestamp &+ UInt32(ticks.clamped(to: 1...1e9)) &- packet.timestamp
    }

    /// Leaves a packet out: it has no content, or belongs to a temporal layer that is not sent.
    package mutating func drop(sequence: Int64, picture: VP8View?) {
        sequences.drop(sequence)
        guard let picture, picture.pictureIDOffset != nil, lastDroppedPicture != picture.pictureID else { return }
        lastDroppedPicture = picture.pictureID
        pictures.drop(unwrap(picture))
    }

    private mutating func unwrap(_ picture: VP8View) -> Int64 {
        // Picture ids count to 32,767, or to 127: shifted up, sixteen-bit arithmetic wraps where they do.
        let shift: UInt16 = picture.hasLongPictureID ? 1 : 9
        return pictureUnwrapper.unwrap(picture.pictureID << shift) >> Int64(shift)
    }

    /// Writes the packet as the subscriber shall get it. The number of bytes; 0 where it comes too late.
    package mutating func forward(
        _ packet: PacketView, sequence: Int64, layer: Int, picture: VP8View?, values: HeaderTemplate.Values,
        into out: UnsafeMutableRawBufferPointer, now: Instant
    ) -> Int {
        guard let number = sequences.map(sequence) else { return 0 }
        var pictureID: UInt16 = 0
        var baseLayer: UInt8 = 0
        if let picture {
            guard let mapped = pictures.map(unwrap(picture)) else { return 0 }
            pictureID = UInt16(truncatingIfNeeded: mapped) & 0x7fff
            baseLayer = picture.baseLayerIndex &+ baseLayerOffset
            lastBaseLayer = baseLayer
        }
        let wireSequence = UInt16(truncatingIfNeeded: number)
        let timestamp = packet.timestamp &+ timestampOffset
        let start = writeHeader(
            marker: packet.marker, payloadType: parameters.payloadType, sequence: wireSequence, timestamp: timestamp,
            ssrc: parameters.ssrc, values: values, extra: packet.payloadCount, into: out)
        guard start > 0 else { return 0 }
        let payload = UnsafeMutableRawBufferPointer(rebasing: out[start..<start + packet.payloadCount])
        payload.copyMemory(from: packet.payload)
        picture?.rewrite(payload, pictureID: pictureID, baseLayerIndex: baseLayer)
        history?.insert(
            .init(
                sequence: wireSequence, source: packet.sequence, layer: UInt8(truncatingIfNeeded: layer),
                baseLayerIndex: baseLayer, pictureID: pictureID, timestamp: timestamp, repeated: 0))
        if Int32(bitPattern: timestamp &- lastTimestamp) >= 0 {
            lastTimestamp = timestamp
            lastSent = now
        }
        packets &+= 1
        octets &+= UInt32(packet.payloadCount)
        return start + packet.payloadCount
    }

    /// Returns where the payload begins, or 0 where `extra` bytes of it would not fit.
    private func writeHeader(
        marker: Bool, payloadType: UInt8, sequence: UInt16, timestamp: UInt32, ssrc: UInt32,
        values: HeaderTemplate.Values, extra: Int, into out: UnsafeMutableRawBufferPointer
    ) -> Int {
        let header = parameters.header
        let start = RTPPacket.fixedHeaderLength + header.count
        guard start + extra <= out.count else { return 0 }
        out[0] = header.count > 0 ? 0x90 : 0x80
        out[1] = (marker ? 0x80 : 0) | payloadType
        out.put(sequence, at: 2)
        out.put(timestamp, at: 4)
        out.put(ssrc, at: 8)
        if header.count > 0 { header.write(values, to: out, at: RTPPacket.fixedHeaderLength) }
        return start
    }
}

// MARK: - Retransmission

extension OutboundStream {
    /// What a packet that is asked for again was on the way in.
    package struct Request: Sendable {
        package let layer: Int
        package let source: UInt16
        fileprivate let entry: SentHistory.Entry
    }

    /// Finds what `sequence` was, unless it was sent again within the round trip.
    package mutating func lookUp(_ sequence: UInt16, roundTrip: Duration, now: Instant) -> Request? {
        let pause = UInt32(clamping: min(roundTrip, .seconds(1)).milliseconds)
        let milliseconds = UInt32(truncatingIfNeeded: now.nanoseconds / 1_000_000)
        return history?.take(sequence, nowMilliseconds: milliseconds, pause: pause).map {
            Request(layer: Int($0.layer), source: $0.source, entry: $0)
        }
    }

    /// Whether padding can be sent: it needs a stream of its own, and is only of use where arrivals are told.
    package var canPad: Bool {
        hasBegun && parameters.retransmission != nil && parameters.header.carriesTransportSequence
    }

    /// Writes a packet of nothing but padding, up to 255 bytes of it. The number of bytes, 0 where it does not fit.
    package mutating func pad(
        _ count: Int, values: HeaderTemplate.Values, into out: UnsafeMutableRawBufferPointer
    ) -> Int {
        guard let (ssrc, payloadType) = parameters.retransmission else { return 0 }
        let count = count.clamped(to: 1...255)
        let start = writeHeader(
            marker: false, payloadType: payloadType, sequence: retransmissionSequence, timestamp: lastTimestamp,
            ssrc: ssrc, values: values, extra: count, into: out)
        guard start > 0 else { return 0 }
        retransmissionSequence &+= 1
        out[0] |= 0x20
        for index in start..<start + count - 1 { out[index] = 0 }
        out[start + count - 1] = UInt8(count)
        return start + count
    }

    /// Writes the packet again, as RTX (RFC 4588 §4) where that was agreed. The number of bytes, 0 where it does not fit.
    package mutating func `repeat`(
        _ request: Request, stored: PacketStore.Entry, payload: UnsafeRawBufferPointer, values: HeaderTemplate.Values,
        into out: UnsafeMutableRawBufferPointer
    ) -> Int {
        let entry = request.entry
        var start: Int
        if let (ssrc, payloadType) = parameters.retransmission {
            start = writeHeader(
                marker: stored.marker, payloadType: payloadType, sequence: retransmissionSequence,
                timestamp: entry.timestamp, ssrc: ssrc, values: values, extra: payload.count + 2, into: out)
            guard start > 0 else { return 0 }
            retransmissionSequence &+= 1
            out.put(entry.sequence, at: start)
            start += 2
        } else {
            start = writeHeader(
                marker: stored.marker, payloadType: parameters.payloadType, sequence: entry.sequence,
                timestamp: entry.timestamp, ssrc: parameters.ssrc, values: values, extra: payload.count, into: out)
            guard start > 0 else { return 0 }
        }
        let target = UnsafeMutableRawBufferPointer(rebasing: out[start..<start + payload.count])
        target.copyMemory(from: payload)
        VP8View(payload)?.rewrite(target, pictureID: entry.pictureID, baseLayerIndex: entry.baseLayerIndex)
        repeated += 1
        return start + payload.count
    }
}
