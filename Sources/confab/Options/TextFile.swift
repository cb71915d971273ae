import Call
import Glibc

/// Small files that options name.
enum TextFile {
    struct CannotRead: Error {
        var message: String
    }

    /// Up to 64 KiB of it. A file that cannot be read ends the program, naming the option.
    static func read(_ path: String, option: String) throws -> String {
        do {
            return String(decoding: try bytes(path, maximum: 64 << 10), as: UTF8.self)
        } catch {
            throw Failure(ExitStatus.noInput, "\(option) \(path): \(error.message)")
        }
    }

    /// At most so many bytes of a file.
    static func bytes(_ path: String, maximum: Int) throws(CannotRead) -> [UInt8] {
        guard let file = fopen(path, "re") else { throw CannotRead(message: String(cString: strerror(errno))) }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: maximum)
        let count = fread(&bytes, 1, maximum, file)
        guard ferror(file) == 0 else { throw CannotRead(message: String(cString: strerror(errno))) }
        return Array(bytes[..<count])
    }
}

extension String {
    var trimmingBlanks: String {
        let kept = drop(while: \.isWhitespace)
        return String(kept.reversed().drop(while: \.isWhitespace).reversed())
    }
}
