import Call
import Glibc
import Media
import Runtime
import Signalling

/// Writes events as JSON lines. A reader that went away silences it, and never stops the call.
final class EventWriter: Sendable {
    private let descriptor: Int32
    private let broken = AtomicFlag()

    /// Nil where no events are wanted.
    init?(_ target: EventsValue) throws(DeviceError) {
        switch target {
        case .none: return nil
        case .standardOutput: descriptor = STDOUT_FILENO
        case .descriptor(let number):
            guard fcntl(number, F_GETFL) >= 0 else {
                throw .cannotWrite(
                    "--events json:\(number): descriptor \(number) is not open; open it in the shell with \(number)>FILE"
                )
            }
            descriptor = number
        case .file(let path):
            descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
            guard descriptor >= 0 else {
                throw .cannotWrite("--events json:\(path): \(String(cString: strerror(errno)))")
            }
        }
    }

    /// `extra` is a member that only some programs add.
    func write(_ event: CallEvent, adding extra: (name: String, value: JSON)? = nil) {
        guard !broken.isSet else { return }
        var json = event.json(time: Clock.timestamp())
        if let extra, case .object(var members) = json {
            members[extra.name] = extra.value
            json = .object(members)
        }
        let line = json.text + "\n"
        if !writeAll([UInt8](line.utf8), to: descriptor) { broken.set() }
    }
}
