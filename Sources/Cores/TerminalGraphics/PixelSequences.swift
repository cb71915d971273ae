import Media

/// The byte sequences that show pictures of pixels; each is drawn where the cursor is, which then has to be put back.
package enum PixelSequences {
    /// Position and style of the cursor (DECSC, DECRC).
    package static let saveCursor = bytes("\u{1b}7")
    package static let restoreCursor = bytes("\u{1b}8")

    package static func moveTo(row: Int, column: Int) -> [UInt8] { bytes("\u{1b}[\(row + 1);\(column + 1)H") }

    private static func bytes(_ text: String) -> [UInt8] { [UInt8](text.utf8) }

    // MARK: Kitty (https://sw.kovidgoyal.net/kitty/graphics-protocol)

    /// What a kitty is given.
    package enum Payload {
        /// Compressed by zlib.
        case inline(UnsafeBufferPointer<UInt8>)
        case temporaryFile(String)
        case sharedMemory(String)
    }

    /// The longest piece of a picture in one sequence.
    private static let longestPiece = 4_096

    /// Shows RGB pixels in an area of cells, under a number; answers are not wanted.
    package static func appendKittyImage(
        _ payload: Payload, number: Int, size: PixelSize, area: CellSize, to out: inout [UInt8]
    ) {
        let head =
            "\u{1b}_Ga=T,q=2,C=1,i=\(number),f=24,s=\(size.width),v=\(size.height),c=\(area.columns),r=\(area.rows)"
        switch payload {
        case .temporaryFile(let path): out += bytes(head + ",t=t;") + Base64.encode(bytes(path)) + bytes("\u{1b}\\")
        case .sharedMemory(let name): out += bytes(head + ",t=s;") + Base64.encode(bytes(name)) + bytes("\u{1b}\\")
        case .inline(let data):
            let pieceSize = longestPiece / 4 * 3
            for start in stride(from: 0, to: max(1, data.count), by: pieceSize) {
                let end = min(start + pieceSize, data.count)
                out += bytes(start == 0 ? head + ",o=z," : "\u{1b}_G") + bytes(end < data.count ? "m=1;" : "m=0;")
                Base64.append(UnsafeBufferPointer(rebasing: data[start..<end]), to: &out)
                out += bytes("\u{1b}\\")
            }
        }
    }

    /// Forgets a picture, data included.
    package static func deleteKittyImage(_ number: Int) -> [UInt8] { bytes("\u{1b}_Ga=d,q=2,d=I,i=\(number)\u{1b}\\") }
    package static let deleteKittyImages = bytes("\u{1b}_Ga=d,q=2,d=A\u{1b}\\")

    /// Questions by the number of their answer: whether pictures can be shown, and whether in these ways.
    package enum KittyQuestion: Int, CaseIterable {
        case inline = 31, temporaryFile, sharedMemory
    }

    /// Asks whether a picture of one pixel could be shown; `name` is that of the file or memory it is in.
    package static func askKitty(_ question: KittyQuestion, name: String = "") -> [UInt8] {
        let head = "\u{1b}_Ga=q,i=\(question.rawValue),f=24,s=1,v=1"
        return switch question {
        case .inline: bytes(head + ";AAAA\u{1b}\\")
        case .temporaryFile: bytes(head + ",t=t;") + Base64.encode(bytes(name)) + bytes("\u{1b}\\")
        case .sharedMemory: bytes(head + ",t=s;") + Base64.encode(bytes(name)) + bytes("\u{1b}\\")
        }
    }

    // MARK: iTerm2 (https://iterm2.com/documentation-images.html)

    /// Shows a picture file in an area of cells.
    package static func appendITermImage(_ file: [UInt8], area: CellSize, to out: inout [UInt8]) {
        out += bytes(
            "\u{1b}]1337;File=inline=1;size=\(file.count);width=\(area.columns);height=\(area.rows)"
                + ";preserveAspectRatio=0;doNotMoveCursor=1:")
        file.withUnsafeBufferPointer { Base64.append($0, to: &out) }
        out.append(0x07)
    }

    // MARK: Sixel

    /// How many colours a sixel picture may have (XTSMGRAPHICS).
    package static let askSixelColours = bytes("\u{1b}[?1;1;0S")
}
