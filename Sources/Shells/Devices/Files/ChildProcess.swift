import CLinux
import Glibc
import Media
import Runtime

/// A program that runs beside us, ended when this object goes.
final class ChildProcess {
    let standardOutput: Descriptor
    /// What it says about errors; what nobody reads is lost, and never holds it up.
    private let standardError: Descriptor
    private let pid: pid_t
    private var status: Int32?

    /// `arguments` begins with the program's name, which is looked up in `PATH`. `environment` adds to ours.
    init(_ arguments: [String], environment: [String: String] = [:]) throws(DeviceError) {
        let output = try Pipe()
        let errors = try Pipe()
        _ = fcntl(errors.writing.number, F_SETFL, O_NONBLOCK)
        _ = fcntl(errors.reading.number, F_SETFL, O_NONBLOCK)
        let nothing = open("/dev/null", O_RDONLY | O_CLOEXEC)
        defer { close(nothing) }
        let (pid, code) = Spawn.run(
            arguments, environment: environment, input: nothing, output: output.writing.number,
            errors: errors.writing.number)
        guard code == 0 else { throw .cannotOpen("cannot run \(arguments[0]): \(SystemError.text(code))") }
        self.pid = pid
        standardOutput = output.reading
        standardError = errors.reading
    }

    deinit {
        if status == nil {
            kill(pid, SIGKILL)
            _ = wait()
        }
    }

    /// Its exit status, or 128 and the signal's number.
    func wait() -> Int32 {
        if let status { return status }
        var raw: Int32 = 0
        while waitpid(pid, &raw, 0) < 0 && errno == EINTR {}
        let code = raw & 0x7f == 0 ? raw >> 8 & 0xff : 128 + (raw & 0x7f)
        status = code
        return code
    }

    func send(_ signal: Int32) {
        if status == nil { kill(pid, signal) }
    }

    /// What it has said about errors since the last call.
    func errorText() -> String {
        var buffer = [UInt8](repeating: 0, count: 4_096)
        let count = buffer.withUnsafeMutableBytes { read(standardError.number, $0.baseAddress, $0.count) }
        return String(decoding: buffer[..<max(0, count)], as: UTF8.self)
    }

    private struct Pipe {
        let reading: Descriptor
        let writing: Descriptor

        init() throws(DeviceError) {
            var ends: [Int32] = [0, 0]
            guard confab_pipe(&ends) == 0 else { throw .unusable("cannot make a pipe: \(SystemError.text(errno))") }
            reading = .owning(ends[0])
            writing = .owning(ends[1])
        }
    }
}
