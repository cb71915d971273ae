import Media
import Primitives

/// VP8 pictures of an IVF file, the container of libvpx's tools: a header of 32 bytes, then for each picture its size
/// (4 bytes), time (8 bytes) and bytes.
final class IVFFile: EncodedVideoFile {
    let name: String
    let size: PixelSize
    private let input: ByteInput
    /// Nanoseconds a tick.
    private let tick: Double

    private static let maximumFrame = 16 << 20
    private static let maximumSeconds = 3_600_000.0
    private static let patience = Duration.seconds(5)

    init(_ input: ByteInput) throws(DeviceError) {
        name = input.name
        self.input = input
        guard try input.gather(32, timeout: Self.patience) == .enough else {
            throw .unusable("cannot show \(input.name): it ends within its IVF header")
        }
        let header = LittleEndianBytes(input.peek(32))
        guard header.tag(0) == "DKIF", 32...1_024 ~= header.u16(6) else {
            throw .unusable("cannot show \(input.name): its IVF header is damaged")
        }
        guard header.tag(8) == "VP80" else {
            throw .unusable(
                "cannot show \(input.name): it holds \(header.tag(8).shown) pictures, and only VP80 can be read")
        }
        size = PixelSize(header.u16(12), header.u16(14))
        let rate = header.u32(16)
        let scale = header.u32(20)
        tick = rate > 0 && scale > 0 ? Double(scale) / Double(rate) * 1e9 : 1e9 / 30
        guard try input.gather(header.u16(6), timeout: Self.patience) == .enough else {
            throw .unusable("cannot show \(input.name): it ends within its IVF header")
        }
        input.drop(header.u16(6))
    }

    func nextFrame() throws(DeviceError) -> EncodedFrame? {
        guard try input.gather(12, timeout: Self.patience) == .enough else { return nil }
        let header = LittleEndianBytes(input.peek(12))
        let count = header.u32(0)
        guard count <= Self.maximumFrame else {
            throw .unusable("\(name) is damaged: a picture of \(count) bytes")
        }
        guard try input.gather(12 + count, timeout: Self.patience) == .enough else { return nil }
        let ticks = Double(header.u32(4)) + Double(header.u32(8)) * 4_294_967_296
        input.drop(12)
        let seconds = min(ticks * tick / 1e9, Self.maximumSeconds)
        return VP8File.frame(input.take(count), time: Duration(seconds: seconds))
    }
}

/// What files of VP8 have in common.
enum VP8File {
    static func frame(_ bytes: [UInt8], time: Duration) -> EncodedFrame {
        // RFC 6386 §9.1: the lowest bit of the first byte is 0 in a key frame.
        let isKey = bytes.first.map { $0 & 1 == 0 } ?? false
        let ticks = UInt32(truncatingIfNeeded: time.nanoseconds / 100_000 * 9)
        return EncodedFrame(bytes: bytes, isKeyFrame: isKey, timestamp: ticks, time: .zero + time)
    }
}
