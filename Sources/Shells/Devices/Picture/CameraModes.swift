import CV4L2
import Media

/// A size that a camera offers, with the rates at which it does.
package struct CameraMode: Sendable, Equatable {
    package var size: PixelSize
    /// Pictures a second, highest first; empty where the camera does not tell.
    package var rates: [Double]
}

/// A pixel format of a camera.
package struct CameraFormat: Sendable, Equatable {
    /// `YUYV`, `MJPG`.
    package var code: String
    package var description: String
    package var modes: [CameraMode]
}

extension CameraHandle {
    /// More entries than any camera has, should a driver never end its list.
    private static let longestList: UInt32 = 256

    /// What the camera itself gives; what libv4l2 makes of it is left out.
    func formats() -> [CameraFormat] {
        var formats: [CameraFormat] = []
        for index in 0..<Self.longestList {
            var format = v4l2_fmtdesc()
            format.index = index
            format.type = Self.captureType
            guard request(CV4L2_ENUM_FMT, &format) == 0 else { break }
            guard format.flags & CV4L2_EMULATED == 0 else { continue }
            formats.append(
                CameraFormat(
                    code: Self.name(of: format.pixelformat), description: Self.text(format.description),
                    modes: modes(of: format.pixelformat)))
        }
        return formats
    }

    /// Four characters; the highest bit means big-endian.
    private static func name(of format: UInt32) -> String {
        let code = withUnsafeBytes(of: (format & 0x7fff_ffff).littleEndian) { String(decoding: $0, as: UTF8.self) }
        return code.filter { $0 != " " }.shown + (format >> 31 == 1 ? "-BE" : "")
    }

    /// The sizes in which pictures of this format come.
    func modes(of format: UInt32) -> [CameraMode] {
        var modes: [CameraMode] = []
        for index in 0..<Self.longestList {
            var entry = v4l2_frmsizeenum()
            entry.index = index
            entry.pixel_format = format
            guard request(CV4L2_ENUM_FRAMESIZES, &entry) == 0 else { break }
            if entry.type == V4L2_FRMSIZE_TYPE_DISCRETE.rawValue {
                let size = PixelSize(Int(entry.discrete.width), Int(entry.discrete.height))
                modes.append(CameraMode(size: size, rates: rates(of: format, size: size)))
            } else {
                let range = entry.stepwise
                let sizes = [
                    PixelSize(Int(range.min_width), Int(range.min_height)),
                    PixelSize(Int(range.max_width), Int(range.max_height)),
                ]
                modes += sizes.map { CameraMode(size: $0, rates: rates(of: format, size: $0)) }
                break
            }
        }
        return modes
    }

    private func rates(of format: UInt32, size: PixelSize) -> [Double] {
        var rates: [Double] = []
        for index in 0..<Self.longestList {
            var entry = v4l2_frmivalenum()
            entry.index = index
            entry.pixel_format = format
            entry.width = UInt32(size.width)
            entry.height = UInt32(size.height)
            guard request(CV4L2_ENUM_FRAMEINTERVALS, &entry) == 0 else { break }
            if entry.type == V4L2_FRMIVAL_TYPE_DISCRETE.rawValue {
                rates.append(Self.rate(entry.discrete))
            } else {
                rates += [Self.rate(entry.stepwise.min), Self.rate(entry.stepwise.max)]
                break
            }
        }
        return rates.filter { $0 > 0 }.sorted(by: >)
    }

    private static func rate(_ interval: v4l2_fract) -> Double {
        interval.numerator > 0 ? Double(interval.denominator) / Double(interval.numerator) : 0
    }
}

extension [CameraMode] {
    /// The smallest size that covers `wish` at (nearly) its rate; else the one that misses the least. Nil where the
    /// list is empty.
    func nearest(to wish: PixelSize, framesPerSecond: Double) -> CameraMode? {
        func cost(_ mode: CameraMode) -> Double {
            let size = mode.size
            // Missing pixels hurt more than spare ones, which only cost time to scale.
            let missing = Double(Swift.max(0, wish.width - size.width) + Swift.max(0, wish.height - size.height))
            let spare = Double(Swift.max(0, size.width - wish.width) + Swift.max(0, size.height - wish.height))
            let best = mode.rates.max() ?? framesPerSecond
            let slowness = Swift.max(0, framesPerSecond * 0.8 - best) / framesPerSecond
            return missing * 3 + spare + slowness * Double(wish.width + wish.height)
        }
        return self.min { cost($0) < cost($1) }
    }
}
