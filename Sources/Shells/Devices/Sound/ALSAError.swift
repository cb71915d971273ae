import CALSA
import Glibc
import Media

/// ALSA's negative codes, as errors that say what to do.
enum ALSAError {
    static func text(_ code: Int32) -> String { String(cString: snd_strerror(code)) }

    static func opening(_ name: String, _ direction: ALSAStream.Direction, code: Int32) -> DeviceError {
        let what = "\(direction.noun) \(name.shown)"
        switch -code {
        case ENOENT, ENODEV, ENXIO, ENOTDIR:
            let place = name == "default" ? "there is no sound card" : "there is no such sound device"
            return .cannotOpen("cannot open \(what): \(place); `confab devices` lists what there is")
        case EBUSY, EAGAIN:
            let holder = DeviceHolder.ofSound(direction).map { " by \($0)" } ?? " by another program"
            return .busy("\(what) is in use\(holder); end that, or choose another device (`confab devices`)")
        case EACCES, EPERM:
            return .cannotOpen("cannot open \(what): not allowed; join the group `audio` and log in again")
        case ECONNREFUSED:
            return .cannotOpen(
                "cannot open \(what): the sound server does not answer; start it, or name a `hw:` device")
        case EINVAL:
            return .cannotOpen(
                "cannot open \(what): ALSA does not know that name; `confab devices` lists what there is")
        default:
            return .cannotOpen("cannot open \(what): \(text(code)); `confab devices` lists what there is")
        }
    }

    static func using(_ name: String, _ direction: ALSAStream.Direction, code: Int32) -> DeviceError {
        let what = "\(direction.noun) \(name.shown)"
        return switch -code {
        case ENODEV, ENOENT, EBADFD, EIO: .gone("\(what) went away")
        default: .gone("\(what) stopped: \(text(code))")
        }
    }
}
