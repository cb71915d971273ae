import Media
import Primitives
import RTP

/// Puts VP8 frames together from packets and gives them out in decode order (RFC 7741).
///
/// A frame is complete when every packet from the one that starts it to the one with the marker is there. It goes out
///
/// 1. at once, if it follows on the last one without a gap in the sequence numbers;
/// 2. at once, if it is a key frame, whatever is missing before it;
/// 3. after a short patience, if the temporal layers tell that it does not depend on what is missing.
///
/// Else it waits for the gap to be closed by retransmission. After a longer patience a key frame is wanted, while the
/// waiting goes on: whichever comes first ends it. What does not fit the buffer ends it too.
struct FrameAssembler: Sendable {
    struct Frame: Sendable {
        var frame: EncodedFrame
        /// The first packet's.
        var sequence: Int64
    }

    /// Packets that can wait; at 1 Mbit/s this is about ten seconds, far longer than anything waits.
    static let capacity = 1_024

    /// How long a gap is waited for before frames that do not need it go on.
    var skipPatience = Duration.milliseconds(100)
    /// How long a gap is waited for before a key frame is wanted.
    var keyFramePatience = Duration.milliseconds(400)

    private(set) var framesEmitted = 0
    private(set) var keyFramesEmitted = 0
    /// Frames of which at least one packet came and which were not given out.
    private(set) var framesDropped = 0

    private var slots = [Slot?](repeating: nil, count: capacity)
    /// How many slots from `next` on are filled.
    private var buffered: Int64 = 0
    private var complete: [CompleteFrame] = []
    private var ready = Queue<Frame>()

    /// The packet that has to come next; nil while only a key frame helps.
    private(set) var next: Int64?
    private var highest: Int64?
    /// Since when a packet is missing while later ones are there.
    private var stalledSince: Instant?
    private var isPatienceOver = false
    /// Whether frames come that nothing before them allows to decode, and no key frame is under way.
    private var isStranded = false
    private var isKeyFrameUnderWay = false
    /// Counts base-layer frames (TL0PICIDX) as of the last frame given out.
    private var lastBaseIndex: UInt8?
    /// The highest temporal layer of which nothing is missing since the last layer sync.
    private var intactLayer: UInt8 = .max

    /// Whether decoding cannot go on without a key frame, as far as one can tell.
    var needsKeyFrame: Bool { isPatienceOver || isStranded }

    var nextDeadline: Instant? {
        guard let stalledSince else { return nil }
        let skip = stalledSince + skipPatience
        let give = isPatienceOver ? nil : stalledSince + keyFramePatience
        return isSkipDue ? give : earliest(skip, give)
    }
    /// Whether the skip patience was already tried for this gap; new frames are then judged as they come.
    private var isSkipDue = false

    mutating func pollFrame() -> Frame? { ready.popFirst() }
}

extension FrameAssembler {
    private struct Slot: Sendable {
        var sequence: Int64
        var timestamp: UInt32
        var marker: Bool
        var arrival: Instant
        /// Nil for a packet without video: padding sent to probe the path.
        var descriptor: VP8Descriptor?
        var data: ArraySlice<UInt8>
    }

    private struct CompleteFrame: Sendable {
        var first: Int64
        var last: Int64
        var isKeyFrame: Bool
        var descriptor: VP8Descriptor
    }

    // MARK: - Packets in

    /// A packet that was not seen before. One that is not of this payload format takes its place in the row as filler.
    mutating func insert(_ packet: RTPPacket, sequence: Int64, isVideo: Bool, now: Instant) {
        if let next, sequence < next { return }
        makeRoom(for: sequence)
        if let highest, sequence <= highest - Int64(Self.capacity) { return }
        var slot = Slot(
            sequence: sequence, timestamp: packet.timestamp, marker: packet.marker, arrival: now, descriptor: nil,
            data: [])
        if isVideo, let (descriptor, data) = try? VP8Descriptor.parse(packet.payload) {
            slot.descriptor = descriptor
            slot.data = data
        }
        store(slot)
        if next == nil { judgeBeginning(slot) }
        if slot.descriptor != nil, let frame = completeFrame(around: sequence) { keep(frame) }
        emitWhatFollows()
        if isSkipDue { skipGap() }
        judgeGap(now: now)
    }

    /// Where there is nothing to go on from, a frame that is no key frame tells that one has to be asked for, unless one
    /// is on its way.
    private mutating func judgeBeginning(_ slot: Slot) {
        guard slot.descriptor?.startsFrame == true, let tag = slot.data.first else { return }
        if tag & 1 == 0 {
            isKeyFrameUnderWay = true
            isStranded = false
        } else if !isKeyFrameUnderWay {
            isStranded = true
        }
    }

    mutating func handleTimeout(now: Instant) {
        guard let stalledSince else { return }
        if now - stalledSince >= skipPatience, !isSkipDue {
            isSkipDue = true
            skipGap()
        }
        if let stalledSince = self.stalledSince, now - stalledSince >= keyFramePatience { isPatienceOver = true }
        judgeGap(now: now)
    }

    private mutating func store(_ slot: Slot) {
        let index = self.index(slot.sequence)
        if slots[index] == nil { buffered += 1 }
        slots[index] = slot
        highest = max(highest ?? slot.sequence, slot.sequence)
    }

    /// Where the row has run out of the buffer, everything is dropped: only a key frame helps then.
    private mutating func makeRoom(for sequence: Int64) {
        if let next, sequence >= next + Int64(Self.capacity) {
            framesDropped += complete.count
            complete.removeAll()
            clear(through: highest ?? sequence)
            self.next = nil
            endStall()
            isStranded = true
            isKeyFrameUnderWay = false
        }
        guard next == nil, let highest, sequence > highest else { return }
        // Without a place to go on from, the oldest packets make way.
        let oldest = sequence - Int64(Self.capacity)
        let before = complete.count
        complete.removeAll { $0.first <= oldest }
        framesDropped += before - complete.count
        for old in max(highest - Int64(Self.capacity) + 1, oldest - Int64(Self.capacity) + 1)...oldest
        where slots[index(old)]?.sequence == old {
            slots[index(old)] = nil
            buffered -= 1
        }
    }

    private func index(_ sequence: Int64) -> Int {
        Int(sequence & Int64(Self.capacity - 1))
    }

    private func slot(_ sequence: Int64) -> Slot? {
        guard let slot = slots[index(sequence)], slot.sequence == sequence else { return nil }
        return slot
    }

    // MARK: - Frames

    /// The frame that this packet belongs to, if all of it is there.
    private func completeFrame(around sequence: Int64) -> CompleteFrame? {
        guard var slot = slot(sequence) else { return nil }
        let timestamp = slot.timestamp
        var last = slot
        var first = sequence
        while slot.descriptor?.startsFrame != true {
            guard let before = self.slot(first - 1), before.timestamp == timestamp, before.descriptor != nil,
                !before.marker
            else { return nil }
            slot = before
            first -= 1
        }
        while !last.marker {
            guard let after = self.slot(last.sequence + 1), after.timestamp == timestamp,
                after.descriptor?.startsFrame == false
            else { return nil }
            last = after
        }
        guard let descriptor = slot.descriptor, let tag = slot.data.first else { return nil }
        // RFC 6386 §9.1: the lowest bit of a frame is 0 for key frames.
        return CompleteFrame(first: first, last: last.sequence, isKeyFrame: tag & 1 == 0, descriptor: descriptor)
    }

    private mutating func keep(_ frame: CompleteFrame) {
        let position = complete.firstIndex { $0.first > frame.first } ?? complete.endIndex
        complete.insert(frame, at: position)
    }

    private mutating func emitWhatFollows() {
        while true {
            skipFillers()
            if let first = complete.first, first.first == next {
                complete.removeFirst()
                goOn(with: first)
            } else if let position = complete.firstIndex(where: \.isKeyFrame) {
                let frame = complete[position]
                framesDropped += position
                complete.removeFirst(position + 1)
                goOn(with: frame)
            } else {
                return
            }
            endStall()
        }
    }

    private mutating func skipFillers() {
        while let next, let slot = slot(next), slot.descriptor == nil {
            clear(through: next)
            self.next = next + 1
        }
    }

    /// Goes on behind the gap with the first frame that does not depend on it.
    private mutating func skipGap() {
        guard let position = complete.firstIndex(where: isIndependentOfGap) else { return }
        let frame = complete[position]
        framesDropped += position
        complete.removeFirst(position + 1)
        if !frame.isKeyFrame { intactLayer = frame.descriptor.temporalLayer ?? 0 }
        goOn(with: frame)
        endStall()
        emitWhatFollows()
    }

    /// RFC 7741 §4.2: base-layer frames count by one in TL0PICIDX and refer to the base layer alone; so do frames marked
    /// as layer sync. If no base-layer frame is missing, what is missing is not needed.
    private func isIndependentOfGap(_ frame: CompleteFrame) -> Bool {
        guard let lastBaseIndex, let base = frame.descriptor.baseLayerIndex,
            let layer = frame.descriptor.temporalLayer
        else { return false }
        return layer == 0 ? base == lastBaseIndex &+ 1 : frame.descriptor.isLayerSync && base == lastBaseIndex
    }

    /// Gives the frame out, unless its temporal layer has lost something since the last layer sync.
    private mutating func goOn(with complete: CompleteFrame) {
        let descriptor = complete.descriptor
        let layer = descriptor.temporalLayer ?? 0
        if complete.isKeyFrame {
            intactLayer = .max
        } else if layer > intactLayer, descriptor.isLayerSync {
            intactLayer = layer
        }
        if layer <= intactLayer {
            emit(complete)
        } else {
            framesDropped += 1
        }
        if let base = descriptor.baseLayerIndex { lastBaseIndex = base }
        clear(through: complete.last)
        next = complete.last + 1
        isStranded = false
        isKeyFrameUnderWay = false
    }

    private mutating func emit(_ complete: CompleteFrame) {
        var size = 0
        var arrival: Instant?
        for sequence in complete.first...complete.last {
            guard let slot = slot(sequence) else { return }
            size += slot.data.count
            arrival = min(arrival ?? slot.arrival, slot.arrival)
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(size)
        for sequence in complete.first...complete.last {
            if let slot = slot(sequence) { bytes.append(contentsOf: slot.data) }
        }
        guard let first = slot(complete.first), let arrival else { return }
        framesEmitted += 1
        if complete.isKeyFrame { keyFramesEmitted += 1 }
        let frame = EncodedFrame(
            bytes: bytes, isKeyFrame: complete.isKeyFrame, timestamp: first.timestamp, time: arrival,
            temporalLayer: Int(complete.descriptor.temporalLayer ?? 0),
            isDiscardable: complete.descriptor.isNonReference, isLayerSync: complete.descriptor.isLayerSync)
        ready.append(Frame(frame: frame, sequence: complete.first))
    }

    /// Forgets every packet up to `sequence`.
    private mutating func clear(through sequence: Int64) {
        let oldest = max(next ?? (sequence - Int64(Self.capacity) + 1), sequence - Int64(Self.capacity) + 1)
        guard oldest <= sequence else { return }
        for old in oldest...sequence {
            let index = self.index(old)
            if let slot = slots[index], slot.sequence <= sequence {
                slots[index] = nil
                buffered -= 1
            }
        }
    }

    /// Notes since when something is missing.
    private mutating func judgeGap(now: Instant) {
        if let next, let highest, highest - next + 1 <= buffered {
            endStall()
            return
        }
        if stalledSince == nil { stalledSince = now }
    }

    private mutating func endStall() {
        stalledSince = nil
        isSkipDue = false
        isPatienceOver = false
    }
}
