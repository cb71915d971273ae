import Glibc
import TerminalGraphics

/// Hands pictures to a terminal on the same machine by shared memory or files, which it removes once it has read them.
/// What a terminal left lying is removed in the end.
final class PixelExchange {
    private var count = 0
    /// The names given away last, with what removes them.
    private var recent: [(name: String, remove: (String) -> Void)] = []

    /// More than that is never on its way.
    private static let mostRecent = 32

    deinit { for entry in recent { entry.remove(entry.name) } }

    /// Nil where pictures go in the stream, or the system has no room.
    func put(_ bytes: [UInt8], by transfer: PixelScreen.Transfer) -> PixelSequences.Payload? {
        count += 1
        switch transfer {
        case .inline: return nil
        case .sharedMemory:
            let name = "/confab-\(getpid())-\(count)"
            guard fill(shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0o600), bytes) else { return nil }
            remember(name) { shm_unlink($0) }
            return .sharedMemory(name)
        case .temporaryFile:
            // Kitty removes only files with this word in their name.
            let path = "/tmp/confab-tty-graphics-protocol-\(getpid())-\(count)"
            guard fill(open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600), bytes) else { return nil }
            remember(path) { unlink($0) }
            return .temporaryFile(path)
        }
    }

    /// Asks a kitty whether it can show pictures, and read them from memory and files of this machine.
    func kittyQuestions() -> [UInt8] {
        let term = Terminal.environment("TERM") ?? ""
        guard TerminalProbe.mayAskKitty(term: term), Terminal.environment("TMUX") == nil else { return [] }
        var questions = PixelSequences.askKitty(.inline)
        let pixel: [UInt8] = [0, 0, 0]
        if case .temporaryFile(let path) = put(pixel, by: .temporaryFile) {
            questions += PixelSequences.askKitty(.temporaryFile, name: path)
        }
        if case .sharedMemory(let name) = put(pixel, by: .sharedMemory) {
            questions += PixelSequences.askKitty(.sharedMemory, name: name)
        }
        return questions
    }

    private func remember(_ name: String, _ remove: @escaping (String) -> Void) {
        recent.append((name, remove))
        guard recent.count > Self.mostRecent else { return }
        let oldest = recent.removeFirst()
        oldest.remove(oldest.name)
    }

    private func fill(_ descriptor: Int32, _ bytes: [UInt8]) -> Bool {
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var offset = 0
        while offset < bytes.count {
            let count = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress! + offset, bytes.count - offset) }
            guard count > 0 else { return false }
            offset += count
        }
        return true
    }
}
