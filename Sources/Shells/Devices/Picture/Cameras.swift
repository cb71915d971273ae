import CV4L2
import Glibc
import Media

/// A camera as `confab devices` lists it.
package struct CameraDevice: Sendable, Equatable {
    /// `/dev/video0`.
    package var path: String
    package var name: String
    /// Where it is plugged in.
    package var bus: String
    package var formats: [CameraFormat]
}

package enum Cameras {
    /// Every device that gives pictures, in the order of their numbers.
    package static func list() -> [CameraDevice] {
        paths().compactMap { path in
            guard let handle = try? CameraHandle(path), let capability = handle.capabilities() else { return nil }
            return CameraDevice(
                path: path, name: CameraHandle.text(capability.card), bus: CameraHandle.text(capability.bus_info),
                formats: handle.formats())
        }
    }

    /// `/dev/video*`, whatever they are.
    static func paths() -> [String] {
        guard let folder = opendir("/dev") else { return [] }
        defer { closedir(folder) }
        var numbers: [Int] = []
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name.hasPrefix("video"), let number = Int(name.dropFirst(5)) { numbers.append(number) }
        }
        return numbers.sorted().map { "/dev/video\($0)" }
    }
}
