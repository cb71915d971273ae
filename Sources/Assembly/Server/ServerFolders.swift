import Glibc
import Primitives
import SecureTransport

/// Where a server keeps what must survive it (XDG Base Directory Specification).
package struct ServerFolders: Hashable, Sendable {
    /// `$XDG_DATA_HOME/confab`: the certificate of `--tls auto`.
    package var data: String
    /// `$XDG_STATE_HOME/confab`: the secret behind `resume`.
    package var state: String

    package init(data: String, state: String) {
        self.data = data
        self.state = state
    }

    package static var standard: ServerFolders {
        let home = variable("HOME") ?? "/"
        return ServerFolders(
            data: (variable("XDG_DATA_HOME") ?? home + "/.local/share") + "/confab",
            state: (variable("XDG_STATE_HOME") ?? home + "/.local/state") + "/confab")
    }

    /// Relative paths are invalid there and ignored, as the specification demands.
    private static func variable(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }.flatMap { $0.hasPrefix("/") ? $0 : nil }
    }
}

/// What servers of this user remember from one run to the next: a secret, and how often one was started.
struct ServerMemory: Sendable {
    /// 32 bytes from which keys are derived.
    var secret: [UInt8]
    /// 0 on the first start.
    var generation: Int

    /// For a server that can keep nothing: others will have to join anew after a restart.
    static func forgetful() -> ServerMemory { ServerMemory(secret: secureRandom(32), generation: 0) }

    /// Reads what is kept, or makes it, and counts this start.
    static func recall(in folder: String) throws(ServerError) -> ServerMemory {
        let path = folder + "/server"
        try PrivateFile.makeFolder(folder)
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .cannotWrite("\(path): \(PrivateFile.lastError())") }
        defer { close(descriptor) }
        // Servers that start at the same moment take turns.
        flock(descriptor, LOCK_EX)
        var memory = decode(PrivateFile.readAll(descriptor)) ?? ServerMemory(secret: secureRandom(32), generation: -1)
        memory.generation = (memory.generation + 1) % (1 << 32)
        let text = Array(memory.text.utf8)
        guard pwrite(descriptor, text, text.count, 0) == text.count, ftruncate(descriptor, text.count) == 0 else {
            throw .cannotWrite("\(path): \(PrivateFile.lastError())")
        }
        return memory
    }

    /// One line of fixed width, so that a new count replaces the old one in one write.
    private var text: String {
        let digits = String(generation)
        return Hex.encode(secret) + " " + String(repeating: "0", count: 10 - digits.count) + digits + "\n"
    }

    private static func decode(_ bytes: [UInt8]) -> ServerMemory? {
        let parts = String(decoding: bytes, as: UTF8.self).split { $0 == " " || $0 == "\n" }
        guard parts.count == 2, let secret = Hex.decode(parts[0]), secret.count == 32, let generation = Int(parts[1]),
            0..<1 << 32 ~= generation
        else { return nil }
        return ServerMemory(secret: secret, generation: generation)
    }

    /// A key of its own for each purpose.
    func key(for purpose: String) -> [UInt8] { HMAC.sha256(key: secret, message: Array(purpose.utf8)) }
}

/// Files that only their owner may read.
enum PrivateFile {
    static func makeFolder(_ path: String) throws(ServerError) {
        var prefix = ""
        for part in path.split(separator: "/") {
            prefix += "/" + part
            guard mkdir(prefix, 0o700) == 0 || errno == EEXIST else {
                throw .cannotWrite("\(prefix): \(lastError())")
            }
        }
    }

    /// All or nothing: readers see the old file or the new one.
    static func write(_ text: String, to path: String) throws(ServerError) {
        let temporary = path + ".\(getpid()).\(Hex.encode(secureRandom(4)))"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .cannotWrite("\(temporary): \(lastError())") }
        let bytes = Array(text.utf8)
        let isComplete = Glibc.write(descriptor, bytes, bytes.count) == bytes.count
        close(descriptor)
        guard isComplete, rename(temporary, path) == 0 else {
            unlink(temporary)
            throw .cannotWrite("\(path): \(lastError())")
        }
    }

    /// Nil where there is no such file.
    static func read(_ path: String) throws(ServerError) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw .cannotRead("\(path): \(lastError())")
        }
        defer { close(descriptor) }
        return String(decoding: readAll(descriptor), as: UTF8.self)
    }

    /// At most a mebibyte: no secret or certificate is larger.
    static func readAll(_ descriptor: Int32) -> [UInt8] {
        var bytes: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 16 << 10)
        while bytes.count < 1 << 20 {
            let count = Glibc.read(descriptor, &part, part.count)
            guard count > 0 else { break }
            bytes += part.prefix(count)
        }
        return bytes
    }

    static func lastError() -> String { String(cString: strerror(errno)).lowercased() }
}
