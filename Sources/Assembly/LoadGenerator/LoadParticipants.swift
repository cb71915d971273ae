import Primitives
import RTP
import Runtime

/// Sends synthetic sound and picture once its peer is connected.
@MediaLoop
final class LoadPublisher {
    let peer: LoadPeer
    private var media: SyntheticMedia?
    private var timer: MediaTimer?
    private var packetsBefore = 0
    private var nextReport = Instant.zero

    init(_ peer: LoadPeer, _ configuration: SyntheticMedia.Configuration) {
        self.peer = peer
        peer.onConnected = { [weak self] in self?.start(configuration) }
        peer.onRTCP = { [weak self] packets, _ in
            for packet in packets {
                switch packet {
                case .pictureLoss, .fullIntraRequest: self?.media?.requestKeyFrame()
                default: break
                }
            }
        }
    }

    private func start(_ configuration: SyntheticMedia.Configuration) {
        guard let audio = peer.outgoing(.audio), let video = peer.outgoing(.video) else { return }
        let now = Clock.now()
        media = SyntheticMedia(
            configuration, audio: (audio.ssrc, audio.payloadType), video: (video.ssrc, video.payloadType), now: now)
        timer = MediaTimer { [weak self] now in self?.send(now) }
        send(now)
    }

    private func send(_ now: Instant) {
        media?.handleTimeout(now: Clock.now()) { peer.send($0) }
        if now >= nextReport, let media {
            peer.sendRTCP(media.reports(at: Clock.wallTime()))
            nextReport = now + .seconds(1)
        }
        peer.flush()
        timer?.schedule(at: media?.nextDeadline)
    }

    func beginMeasuring() { packetsBefore = media?.packets ?? 0 }
    var measuredPackets: Int { (media?.packets ?? 0) - packetsBefore }
    func stop() { timer?.schedule(at: nil) }
}

/// Counts what arrives.
@MediaLoop
final class LoadSubscriber {
    let peer: LoadPeer
    /// In milliseconds since joining began.
    private(set) var firstPacket: Double?
    private(set) var firstKeyFrame: Double?
    /// In milliseconds, of stamped packets while measuring.
    private(set) var latencies: [Double] = []
    private(set) var received = 0
    private(set) var bytes = 0
    private let joined: Instant
    private var isMeasuring = false
    private var rows: [UInt32: Row] = [:]

    private struct Row {
        var unwrapper = SequenceUnwrapper()
        var highest: Int64 = 0
        /// The highest number when measuring began.
        var base: Int64?
    }

    init(_ peer: LoadPeer, joined: Instant) {
        self.peer = peer
        self.joined = joined
        peer.onRTP = { [weak self] packet, now in self?.receive(packet, now) }
    }

    private func receive(_ packet: UnsafeRawBufferPointer, _ now: Instant) {
        guard packet.count >= 12 else { return }
        let ssrc = UInt32(bigEndian: packet.loadUnaligned(fromByteOffset: 8, as: UInt32.self))
        let number = UInt16(bigEndian: packet.loadUnaligned(fromByteOffset: 2, as: UInt16.self))
        var row = rows[ssrc] ?? Row()
        let sequence = row.unwrapper.unwrap(number)
        row.highest = max(row.highest, sequence)
        if isMeasuring, row.base == nil { row.base = sequence - 1 }
        rows[ssrc] = row
        if firstPacket == nil { firstPacket = (now - joined).seconds * 1_000 }
        if firstKeyFrame == nil, packet[1] & 0x7f == peer.incomingType(.video), Self.isKeyFrame(packet) {
            firstKeyFrame = (now - joined).seconds * 1_000
        }
        guard isMeasuring else { return }
        received += 1
        bytes += packet.count
        if let left = SendStamp.read(packet) { latencies.append((now - left).seconds * 1_000) }
    }

    private static func isKeyFrame(_ packet: UnsafeRawBufferPointer) -> Bool {
        guard let parsed = try? RTPPacket(parsing: [UInt8](packet)),
            let (descriptor, data) = try? VP8Descriptor.parse(parsed.payload)
        else { return false }
        return descriptor.startsFrame && (data.first ?? 1) & 1 == 0
    }

    func beginMeasuring() {
        isMeasuring = true
        rows = rows.mapValues { row in
            var row = row
            row.base = row.highest
            return row
        }
    }

    /// How many packets should have come while measuring.
    var expected: Int { rows.values.reduce(0) { $0 + Int($1.highest - ($1.base ?? $1.highest)) } }
}
