import Glibc
import Primitives

/// Why a control socket cannot be made or reached.
package enum ControlSocketError: Error, Sendable {
    /// Nobody listens there.
    case absent(String)
    case cannotMake(String)
    case broken(String)

    package var message: String {
        switch self {
        case .absent(let text), .cannotMake(let text), .broken(let text): text
        }
    }
}

/// Where the control sockets of this user's calls are: `$XDG_RUNTIME_DIR/confab`, or a private folder below the
/// temporary one.
package enum ControlFolder {
    package static var path: String {
        if let runtime = variable("XDG_RUNTIME_DIR") { return runtime + "/confab" }
        return (variable("TMPDIR") ?? "/tmp") + "/confab-\(getuid())"
    }

    /// The path of a call's socket.
    package static func socket(named name: String) -> String { "\(path)/\(name).sock" }

    /// Makes the folder. One that others could have put there, or can write to, is not used.
    package static func prepare() throws(ControlSocketError) {
        let path = Self.path
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else {
            throw .cannotMake("\(path): \(String(cString: strerror(errno)))")
        }
        var status = stat()
        guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR, status.st_uid == getuid(),
            status.st_mode & 0o077 == 0
        else { throw .cannotMake("\(path) is not a private folder of this user") }
    }

    /// Paths of all sockets in the folder, whoever may still listen.
    package static func sockets() -> [String] {
        guard let listing = opendir(path) else { return [] }
        defer { closedir(listing) }
        var found: [String] = []
        while let entry = readdir(listing) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name.hasSuffix(".sock") { found.append("\(path)/\(name)") }
        }
        return found.sorted()
    }

    /// A file name made of what others wrote: letters, digits and `._-` stay.
    package static func fileName(_ text: String) -> String {
        let kept = text.unicodeScalars.prefix(48).map { scalar in
            scalar.isASCII
                && (scalar.properties.isAlphabetic || scalar.properties.numericType != nil
                    || "._-".unicodeScalars.contains(scalar))
                ? Character(scalar) : "_"
        }
        let name = String(kept)
        return name.isEmpty || name.hasPrefix(".") ? "call" + name : name
    }

    private static func variable(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }.flatMap { $0.hasPrefix("/") ? $0 : nil }
    }
}
