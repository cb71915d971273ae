import Glibc
import Media

@testable import Devices

/// A directory of its own for one test, removed in the end.
final class Scratch {
    let path: String

    init() {
        var template = Array("/tmp/confab-devices.XXXXXX".utf8CString)
        path = String(cString: mkdtemp(&template)!)
    }

    deinit {
        guard let folder = opendir(path) else { return }
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            unlink("\(path)/\(name)")
        }
        closedir(folder)
        rmdir(path)
    }

    func file(_ name: String, _ bytes: [UInt8]) -> String {
        let path = file(name)
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        _ = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        close(descriptor)
        return path
    }

    func file(_ name: String) -> String { "\(path)/\(name)" }

    func fifo(_ name: String) -> String {
        mkfifo(file(name), 0o600)
        return file(name)
    }

    static func read(_ path: String) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return [] }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = buffer.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else { return bytes }
            bytes += buffer[..<count]
        }
    }
}

extension AudioSource {
    /// Everything until the end, at most `limit` blocks.
    func readAll(limit: Int = 1_000) throws -> [Int16] {
        var all: [Int16] = []
        var block = [Int16](repeating: 0, count: AudioFormat.blockSamples)
        for _ in 0..<limit {
            let count = try read(into: &block)
            all += block[..<count]
            if count < block.count { break }
        }
        return all
    }
}

extension OpenedSoundInput {
    var source: any AudioSource {
        guard case .samples(let source) = input else { fatalError("\(name) gives no samples") }
        return source
    }
}

extension OpenedPictureInput {
    var source: any VideoSource {
        guard case .pictures(let source) = input else { fatalError("\(name) gives no pictures") }
        return source
    }

    var file: any EncodedVideoFile {
        guard case .encoded(let file) = input else { fatalError("\(name) is not compressed") }
        return file
    }
}

/// The message of the `DeviceError` that `body` throws, or "" where it throws none.
func failure(_ body: () throws -> Void) -> String {
    do {
        try body()
        return ""
    } catch {
        return (error as? DeviceError)?.message ?? "\(error)"
    }
}
