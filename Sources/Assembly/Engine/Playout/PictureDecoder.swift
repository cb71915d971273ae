import Codecs
import Media
import MediaProcessing
import Primitives
import Runtime
import Streams

/// Decodes the pictures of all remote participants on a thread of its own and keeps the newest of each.
package final class PictureDecoder: Sendable {
    /// What was decoded of one participant's video.
    package struct Statistics: Sendable {
        package var decoded = 0
        package var failed = 0
        package var size = PixelSize.none
        /// Frames with a readable burned-in code, and those missing between their counters.
        package var counted = 0
        package var latency: Duration?
        /// Frames that there was no time to decode.
        package var skipped = 0
        /// Times that the picture stood still.
        package var freezes = FreezeDetector()
    }

    package enum Event: Sendable {
        case firstPicture(peer: String, at: Instant)
        /// Decoding failed: only a key frame helps.
        case needsKeyFrame(peer: String)
    }

    private enum Job: Sendable {
        case frame(peer: String, EncodedFrame, arrival: Instant)
        case remove(peer: String)
    }

    /// One participant's.
    private struct Decoding {
        let codec = VP8Decoder(maximumSize: PixelSize(1920, 1920))
        var backlog = DecoderBacklog()
    }

    private let jobs = Mailbox<Job>(capacity: 256, overflow: .dropOldest)
    private let pictures = Protected<[String: VideoFrame]>([:])
    private let counts = Protected<[String: Statistics]>([:])
    private let thread = Protected<JoinableThread?>(nil)

    private let lipSync: LipSyncBoard

    package init(lipSync: LipSyncBoard) { self.lipSync = lipSync }

    /// The newest picture of a participant.
    package func newestPicture(of peer: String) -> VideoFrame? { pictures.withLock { $0[peer] } }
    package func statistics(of peer: String) -> Statistics { counts.withLock { $0[peer] } ?? Statistics() }

    package func start(handler: @escaping @Sendable (Event) -> Void) {
        thread.value = JoinableThread(name: "decoder") { [self] in
            var decoders: [String: Decoding] = [:]
            var waiting = WaitingPictures()
            while !jobs.isClosed {
                if let job = jobs.take(until: waiting.nextDeadline) {
                    switch job {
                    case .frame(let peer, let frame, let arrival):
                        guard judge(frame, of: peer, arrival: arrival, &decoders[peer, default: Decoding()], handler),
                            let codec = decoders[peer]?.codec,
                            let picture = decode(frame, of: peer, with: codec, handler)
                        else { continue }
                        let now = Clock.now()
                        waiting.add(
                            picture, of: peer,
                            until: now + lipSync.videoDelay(of: peer, timestamp: frame.timestamp, now: now))
                    case .remove(let peer):
                        decoders[peer] = nil
                        waiting.remove(peer)
                        _ = pictures.withLock { $0.removeValue(forKey: peer) }
                    }
                }
                for (peer, picture) in waiting.takeDue(now: Clock.now()) { show(picture, of: peer) }
            }
        }
    }

    package func stop() {
        jobs.close()
        thread.value?.join()
    }

    package func decode(_ frame: EncodedFrame, of peer: String) {
        jobs.put(.frame(peer: peer, frame, arrival: Clock.now()))
    }

    /// Forgets the picture and the decoder, not the statistics.
    package func remove(_ peer: String) { jobs.put(.remove(peer: peer)) }

    /// The camera went off: the last picture must not stay.
    package func clearPicture(of peer: String) {
        _ = pictures.withLock { $0.removeValue(forKey: peer) }
        counts.withLock { $0[peer]?.freezes.interrupt() }
    }

    private func show(_ picture: VideoFrame, of peer: String) {
        pictures.withLock { $0[peer] = picture }
        let now = Clock.now()
        counts.withLock { $0[peer, default: Statistics()].freezes.noteShown(at: now) }
    }

    /// Whether there is time for this frame.
    private func judge(
        _ frame: EncodedFrame, of peer: String, arrival: Instant, _ decoding: inout Decoding,
        _ handler: @Sendable (Event) -> Void
    ) -> Bool {
        let decision = decoding.backlog.judge(frame, arrival: arrival, now: Clock.now())
        guard decision != .decode else { return true }
        counts.withLock { $0[peer, default: Statistics()].skipped += 1 }
        if decision == .skipAndAsk { handler(.needsKeyFrame(peer: peer)) }
        return false
    }

    private func decode(
        _ frame: EncodedFrame, of peer: String, with decoder: VP8Decoder, _ handler: @Sendable (Event) -> Void
    ) -> VideoFrame? {
        let picture: VideoFrame
        do throws(CodecError) {
            guard let decoded = try decoder.decode(frame.bytes, captureTime: frame.time) else { return nil }
            picture = decoded
        } catch {
            counts.withLock { $0[peer, default: Statistics()].failed += 1 }
            handler(.needsKeyFrame(peer: peer))
            return nil
        }
        let code = FrameCounterReader.read(picture)
        let isFirst = counts.withLock { counts in
            counts[peer, default: Statistics()].note(picture, code)
            return counts[peer]?.decoded == 1
        }
        if isFirst { handler(.firstPicture(peer: peer, at: Clock.now())) }
        return picture
    }
}

/// Decoded pictures whose sound is not heard yet.
private struct WaitingPictures {
    private var queue: [(peer: String, picture: VideoFrame, due: Instant)] = []

    /// Half a second of four people at 30 a second; beyond that the oldest is shown early.
    private static let capacity = 60

    var nextDeadline: Instant? { queue.lazy.map { $0.due }.min() }

    mutating func add(_ picture: VideoFrame, of peer: String, until due: Instant) {
        if queue.count == Self.capacity { queue[0].due = .zero }
        queue.append((peer, picture, due))
    }

    mutating func remove(_ peer: String) { queue.removeAll { $0.peer == peer } }

    mutating func takeDue(now: Instant) -> [(String, VideoFrame)] {
        let due = queue.filter { $0.due <= now }.map { ($0.peer, $0.picture) }
        if !due.isEmpty { queue.removeAll { $0.due <= now } }
        return due
    }
}

extension PictureDecoder.Statistics {
    fileprivate mutating func note(_ picture: VideoFrame, _ code: FrameCode?) {
        decoded += 1
        size = picture.size
        guard let code else { return }
        counted += 1
        latency = code.age(atUnixMilliseconds: Clock.wallNanoseconds() / 1_000_000)
    }
}
