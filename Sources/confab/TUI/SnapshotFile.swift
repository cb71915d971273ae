import Call
import Glibc
import Primitives
import Runtime
import TerminalGraphics
import TerminalIO

/// `snapshot FILE.png` and `snapshot FILE.ansi`.
enum SnapshotFile {
    static func write(_ grid: CellGrid, _ profile: TerminalProfile, to path: String) -> ControlReply {
        let isPicture = path.hasSuffix(".png")
        guard isPicture || path.hasSuffix(".ansi") else {
            return .refused(.cannotWrite, message: "a snapshot is a .png or an .ansi file")
        }
        let snapshot = ScreenSnapshot(grid, profile: isPicture ? Self.best : profile)
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else {
            let reason = String(cString: strerror(errno))
            return .refused(.cannotWrite, message: "\(path.controlCharactersVisible): \(reason)")
        }
        defer { close(descriptor) }
        guard writeAll(isPicture ? snapshot.png : snapshot.ansi, to: descriptor) else {
            return .refused(.cannotWrite, message: "\(path.controlCharactersVisible) could not be written whole")
        }
        return .done
    }

    /// A picture file has no terminal's limits.
    private static let best = TerminalProfile(colours: .truecolor, glyphs: .best)
}
