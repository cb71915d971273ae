import Media
import Primitives
import TerminalGraphics

/// What the screen shows of something that is watched rather than taken part in: a film, a live stream, or what is
/// being broadcast.
package struct StreamModel: Sendable {
    package struct Tile: Sendable {
        /// Whose picture it is; may be empty.
        package var name: String
        package var picture: VideoFrame?
        /// As in a mirror.
        package var isOwn = false

        package init(name: String) { self.name = name }
    }

    /// Where a film stands.
    package struct Progress: Hashable, Sendable {
        package var position: Duration
        package var duration: Duration

        package init(position: Duration, duration: Duration) {
            self.position = position
            self.duration = duration
        }
    }

    package struct Key: Hashable, Sendable {
        package var keys: String
        package var meaning: String

        package init(_ keys: String, _ meaning: String) {
            self.keys = keys
            self.meaning = meaning
        }
    }

    package var size: CellSize
    package var profile: TerminalProfile
    package var title: String
    package var tiles: [Tile] = []
    /// What stands where no picture is yet.
    package var waiting = ""
    /// Short words for the status line, most important first.
    package var status: [String] = []
    /// Marked red: paused, live.
    package var mark = ""
    package var progress: Progress?
    /// 0…1, of what is heard.
    package var level: Double?
    package var notice = ""
    package var showsHelp = false
    /// For the help.
    package var keys: [Key] = []

    package init(title: String, size: CellSize, profile: TerminalProfile) {
        self.title = title
        self.size = size
        self.profile = profile
    }

    /// Where in the film a click leads, 0…1; nil beside the progress bar.
    package func fraction(at position: CellPosition) -> Double? {
        let bar = StreamLayout(self).bar
        guard progress != nil, bar.contains(position), bar.columns > 1 else { return nil }
        return Double(position.column - bar.column) / Double(bar.columns - 1)
    }
}
