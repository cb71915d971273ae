import Glibc
import Media

/// The kernel's error numbers, as errors that say what to do.
enum CameraError {
    static func opening(_ path: String, code: Int32) -> DeviceError {
        let what = "camera \(path.shown)"
        switch code {
        case ENOENT, ENODEV, ENXIO:
            return .cannotOpen("cannot open \(what): there is no such device; `confab devices` lists what there is")
        case EACCES, EPERM:
            return .cannotOpen("cannot open \(what): not allowed; join the group `video` and log in again")
        case EBUSY: return busy(path)
        default: return .cannotOpen("cannot open \(what): \(SystemError.text(code))")
        }
    }

    static func busy(_ path: String) -> DeviceError {
        let holder = DeviceHolder.of(path).map { " by \($0)" } ?? " by another program"
        return .busy("camera \(path.shown) is in use\(holder); end that, or choose another camera (`confab devices`)")
    }

    static func settingUp(_ path: String, _ step: String, code: Int32) -> DeviceError {
        switch code {
        case EBUSY: busy(path)
        case ENODEV, ENXIO: .gone("camera \(path.shown) went away")
        default: .unusable("camera \(path.shown) cannot \(step): \(SystemError.text(code))")
        }
    }
}
