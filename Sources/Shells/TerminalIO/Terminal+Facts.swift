import CLinux
import CNcurses
import Glibc
import Media
import TerminalGraphics

/// What is known of the terminal without asking it.
extension Terminal {
    /// What environment and terminfo say of the terminal, for output that goes elsewhere or takes nothing over.
    package static func guessedProfile() -> TerminalProfile {
        setlocale(LC_CTYPE, "")
        let isKnown = confab_terminfo(nil, output) == 0 || confab_terminfo("xterm-256color", output) == 0
        let terminfo = isKnown ? terminfo : TerminalDescription.Terminfo(colours: 256, isDirect: false)
        return TerminalDescription.profile(terminfo: terminfo, environment: environment)
    }

    /// What the description that was loaded says.
    static var terminfo: TerminalDescription.Terminfo {
        TerminalDescription.Terminfo(
            colours: Int(confab_terminfo_colours()), isDirect: confab_terminfo_is_direct() != 0,
            hasRepeat: confab_terminfo_has_repeat() != 0)
    }

    /// The size of the terminal that standard output is; nil where it is none.
    package static func outputSize() -> CellSize? {
        var numbers: [UInt16] = [0, 0, 0, 0]
        guard confab_get_window_size(output, &numbers) == 0, numbers[0] > 0, numbers[1] > 0 else { return nil }
        return CellSize(columns: Int(numbers[0]), rows: Int(numbers[1]))
    }

    /// How many pixels a cell of it has; nil where it does not tell the system.
    package static func cellPixels() -> PixelSize? {
        var numbers: [UInt16] = [0, 0, 0, 0]
        guard confab_get_window_size(output, &numbers) == 0, numbers[0] > 0, numbers[1] > 0 else { return nil }
        let cell = PixelSize(Int(numbers[2]) / Int(numbers[0]), Int(numbers[3]) / Int(numbers[1]))
        return 2...256 ~= cell.width && 2...256 ~= cell.height ? cell : nil
    }

    static func environment(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

    /// Size in cells, and their shape where the terminal knows its pixels.
    static func measure(cellAspect: Double, _ options: Options) -> (CellSize, Double) {
        var numbers: [UInt16] = [0, 0, 0, 0]
        guard confab_get_window_size(output, &numbers) == 0, numbers[0] > 0, numbers[1] > 0 else {
            let columns = Int(confab_terminfo_columns())
            let rows = Int(confab_terminfo_rows())
            return (CellSize(columns: columns > 0 ? columns : 80, rows: rows > 0 ? rows : 24), cellAspect)
        }
        let size = CellSize(columns: Int(numbers[0]), rows: Int(numbers[1]))
        guard options.cellAspect == nil, numbers[2] > 0, numbers[3] > 0 else { return (size, cellAspect) }
        let aspect = Double(numbers[2]) / Double(size.columns) / (Double(numbers[3]) / Double(size.rows))
        return (size, 0.2...1.5 ~= aspect ? aspect : cellAspect)
    }
}
