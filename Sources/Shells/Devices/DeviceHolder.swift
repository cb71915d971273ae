import Glibc

/// Finds the program that holds a device, for a message that helps; only programs of the same user can be seen.
enum DeviceHolder {
    /// `zoom (pid 1234)`, or nil.
    static func of(_ path: String) -> String? { find { $0 == path } }

    /// Whoever holds a sound card in this direction.
    static func ofSound(_ direction: ALSAStream.Direction) -> String? {
        let ending: Character = direction == .capture ? "c" : "p"
        return find { $0.hasPrefix("/dev/snd/pcm") && $0.last == ending }
    }

    private static func find(_ matches: (String) -> Bool) -> String? {
        let own = String(getpid())
        for process in names(in: "/proc") where process != own && process.allSatisfy(\.isNumber) {
            let folder = "/proc/\(process)/fd"
            for number in names(in: folder) {
                if let path = target(of: "\(folder)/\(number)"), matches(path) {
                    return "\(command(of: process)) (pid \(process))"
                }
            }
        }
        return nil
    }

    private static func names(in folder: String) -> [String] {
        guard let listing = opendir(folder) else { return [] }
        defer { closedir(listing) }
        var names: [String] = []
        while let entry = readdir(listing) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names
    }

    private static func target(of link: String) -> String? {
        var buffer = [CChar](repeating: 0, count: 256)
        let count = readlink(link, &buffer, buffer.count)
        return count > 0 ? String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self) : nil
    }

    private static func command(of process: String) -> String {
        guard let file = fopen("/proc/\(process)/comm", "re") else { return "a program" }
        defer { fclose(file) }
        var buffer = [CChar](repeating: 0, count: 64)
        guard fgets(&buffer, Int32(buffer.count), file) != nil else { return "a program" }
        let bytes = buffer.prefix { $0 != 0 && $0 != 10 }.map { UInt8(bitPattern: $0) }
        return String(decoding: bytes, as: UTF8.self).shown
    }
}
