import Primitives
import RTP

/// Packets that look like a voice and a camera from the outside: sizes, rates, key frames when asked for. Each sound packet
/// and the last packet of each frame end with the time they left, for whoever measures.
struct SyntheticMedia {
    struct Configuration: Sendable {
        /// Of the picture, headers of packets left aside.
        var bitrate = Bitrate.kilobits(600)
        var framesPerSecond = 30
        /// Of a sound packet, in bytes: 32 kbit/s.
        var audioBytes = 80

        init() {}
    }

    /// The next packet to send, and when.
    private(set) var nextDeadline: Instant
    private(set) var packets = 0
    private let configuration: Configuration
    private let start: Instant
    private var audio: Track
    private var video: Track
    private var frames: Int64 = 0
    private var blocks: Int64 = 0
    private var pictureID: UInt16 = 0
    private var keyFrameIsDue = true
    private var lastKeyFrame: Instant?

    private struct Track {
        let ssrc: UInt32
        let type: UInt8
        var sequence: UInt16
        var packets: UInt32 = 0
        var octets: UInt32 = 0
        var timestamp: UInt32 = 0

        mutating func packet(_ payload: [UInt8], marker: Bool) -> [UInt8] {
            defer {
                sequence &+= 1
                packets &+= 1
                octets &+= UInt32(payload.count)
            }
            return RTPPacket(
                payloadType: PayloadType(masking: type), sequence: sequence, timestamp: timestamp, ssrc: SSRC(ssrc),
                marker: marker, payload: payload[...]
            ).serialised()
        }
    }

    private static let payloadLimit = 1_150
    private static let keyFrameFactor = 6
    private static let keyFramePause = Duration.milliseconds(300)

    init(
        _ configuration: Configuration, audio: (ssrc: UInt32, payloadType: UInt8),
        video: (ssrc: UInt32, payloadType: UInt8), now: Instant
    ) {
        self.configuration = configuration
        start = now
        nextDeadline = now
        self.audio = Track(ssrc: audio.ssrc, type: audio.payloadType, sequence: 1)
        self.video = Track(ssrc: video.ssrc, type: video.payloadType, sequence: 1)
    }

    mutating func requestKeyFrame() { keyFrameIsDue = true }

    /// What is due, to be given to `send`.
    mutating func handleTimeout(now: Instant, send: ([UInt8]) -> Void) {
        while nextDeadline <= now {
            let audioDue = start + .milliseconds(20) * blocks
            let videoDue = start + Duration.seconds(frames) / configuration.framesPerSecond
            if audioDue <= videoDue { sendAudio(now, send) } else { sendFrame(now, send) }
            nextDeadline = min(
                start + .milliseconds(20) * blocks,
                start + Duration.seconds(frames) / configuration.framesPerSecond)
        }
    }

    private mutating func sendAudio(_ now: Instant, _ send: ([UInt8]) -> Void) {
        audio.timestamp = UInt32(truncatingIfNeeded: blocks * 960)
        blocks += 1
        // A code-3 Opus packet whose padding holds the stamp (RFC 6716 §3.2.5).
        var payload: [UInt8] = [0x7b, 0x41, UInt8(SendStamp.length)]
        payload += repeatElement(0, count: max(0, configuration.audioBytes - 3 - SendStamp.length))
        SendStamp.append(now, to: &payload)
        send(audio.packet(payload, marker: blocks == 1))
        packets += 1
    }

    private mutating func sendFrame(_ now: Instant, _ send: ([UInt8]) -> Void) {
        video.timestamp = UInt32(truncatingIfNeeded: frames * Int64(90_000 / configuration.framesPerSecond))
        frames += 1
        let isKeyFrame = keyFrameIsDue && (lastKeyFrame.map { now - $0 >= Self.keyFramePause } ?? true)
        if isKeyFrame {
            keyFrameIsDue = false
            lastKeyFrame = now
        }
        pictureID = (pictureID + 1) & 0x7fff
        var left = configuration.bitrate.bitsPerSecond / 8 / configuration.framesPerSecond
        if isKeyFrame { left *= Self.keyFrameFactor }
        left = max(left, 10 + SendStamp.length)
        var isFirst = true
        while left > 0 {
            let count = min(left, Self.payloadLimit)
            left -= count
            var payload: [UInt8] = [
                isFirst ? 0x90 : 0x80, 0x80, 0x80 | UInt8(pictureID >> 8), UInt8(pictureID & 0xff),
            ]
            if isFirst { payload += isKeyFrame ? [0x10, 0, 0, 0x9d, 1, 0x2a, 0x80, 2, 0x68, 1] : [0x11, 0, 0] }
            payload += repeatElement(0xaa, count: max(0, count - SendStamp.length))
            if left == 0 { SendStamp.append(now, to: &payload) }
            send(video.packet(payload, marker: left == 0))
            packets += 1
            isFirst = false
        }
    }

    /// What both tracks have to say of their clocks.
    func reports(at time: NTPTime) -> [RTCPPacket] {
        [audio, video].map { track in
            .senderReport(
                SenderReport(
                    ssrc: SSRC(track.ssrc), ntpTime: time, rtpTime: track.timestamp, packetCount: track.packets,
                    octetCount: track.octets))
        }
    }
}

/// The moment a packet left, in its last bytes.
enum SendStamp {
    private static let magic: UInt32 = 0x434f_4e46
    static let length = 12

    static func append(_ now: Instant, to payload: inout [UInt8]) {
        payload.appendU32(magic)
        payload.appendU64(UInt64(bitPattern: now.nanoseconds))
    }

    /// Nil where the packet has none.
    static func read(_ packet: UnsafeRawBufferPointer) -> Instant? {
        guard packet.count >= length else { return nil }
        let end = packet.count
        let found = UInt32(bigEndian: packet.loadUnaligned(fromByteOffset: end - length, as: UInt32.self))
        guard found == magic else { return nil }
        let time = UInt64(bigEndian: packet.loadUnaligned(fromByteOffset: end - 8, as: UInt64.self))
        return Instant(nanoseconds: Int64(bitPattern: time))
    }
}
