import Devices
import Glibc
import Primitives
import Scripting

/// What can be told without asking anybody else: the terminal, the devices, this machine.
enum LocalChecks {
    // MARK: Terminal

    static func terminal() -> [Finding] {
        guard isatty(STDIN_FILENO) == 1, isatty(STDOUT_FILENO) == 1 else {
            return [Finding("terminal", "terminal", .fine, "none here; calls are headless (or --plain)")]
        }
        return [type(), characters(), colours(), size()]
    }

    private static func type() -> Finding {
        let name = variable("TERM") ?? ""
        guard !["", "dumb", "unknown"].contains(name) else {
            return Finding(
                "terminal", "type", .warning, name.isEmpty ? "TERM is not set" : "TERM is \(name)",
                advice: "set TERM to your terminal's type, or join with --plain")
        }
        return Finding("terminal", "type", .fine, name)
    }

    private static func characters() -> Finding {
        let locale = variable("LC_ALL") ?? variable("LC_CTYPE") ?? variable("LANG") ?? "C"
        let isUnicode = locale.lowercased().includes("utf-8") || locale.lowercased().includes("utf8")
        return Finding(
            "terminal", "characters", isUnicode ? .fine : .warning, locale,
            advice: isUnicode ? nil : "pictures are drawn with letters; set LANG=C.UTF-8 for blocks")
    }

    private static func colours() -> Finding {
        if variable("NO_COLOR") != nil {
            return Finding("terminal", "colours", .fine, "none, as NO_COLOR is set")
        }
        let truecolor = ["truecolor", "24bit"].contains(variable("COLORTERM") ?? "")
        return Finding(
            "terminal", "colours", .fine, truecolor ? "24 bits" : "asked of the terminal when a call begins",
            advice: truecolor ? nil : "COLORTERM=truecolor or --color truecolor, if you know that it can")
    }

    private static func size() -> Finding {
        var window = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &window) == 0, window.ws_col > 0 else {
            return Finding("terminal", "size", .warning, "not told", advice: "run stty rows R columns C")
        }
        let isSmall = window.ws_col < 40 || window.ws_row < 12
        return Finding(
            "terminal", "size", isSmall ? .warning : .fine, "\(window.ws_col)x\(window.ws_row)",
            advice: isSmall ? "pictures of several people want 80x24 or more" : nil)
    }

    // MARK: Devices

    static func devices() -> [Finding] { [camera()] + sound() + [programs()] }

    private static func camera() -> Finding {
        let cameras = Cameras.list()
        if let first = cameras.first {
            do {
                _ = try VideoDevices.open(first.path, size: .init(640, 360), framesPerSecond: 30)
                return Finding("devices", "camera", .fine, "\(first.path) \(first.name)")
            } catch {
                return Finding(
                    "devices", "camera", .failure, error.message,
                    advice: "close the program that has it, or join the group video: sudo adduser $USER video")
            }
        }
        let names: [String] = (0..<16).map { "/dev/video\($0)" }
        let nodes = names.filter { access($0, F_OK) == 0 }
        let forbidden = nodes.first { access($0, R_OK | W_OK) != 0 }
        guard let forbidden else {
            return Finding(
                "devices", "camera", .warning, "none found",
                advice: "you join without a picture; --camera names a file or device")
        }
        return Finding(
            "devices", "camera", .failure, "\(forbidden) may not be opened",
            advice: "join the group video and log in again: sudo adduser $USER video")
    }

    private static func sound() -> [Finding] {
        var findings: [Finding] = []
        do {
            _ = try AudioDevices.open(source: "default")
            findings.append(Finding("devices", "microphone", .fine, "default opens"))
        } catch {
            findings.append(
                Finding(
                    "devices", "microphone", .warning, error.message,
                    advice: "confab devices lists what there is; --mic names it; the group audio may be needed"))
        }
        do {
            _ = try AudioDevices.open(sink: "default")
            findings.append(Finding("devices", "speaker", .fine, "default opens"))
        } catch {
            findings.append(
                Finding(
                    "devices", "speaker", .warning, error.message,
                    advice: "confab devices lists what there is; --speaker names it"))
        }
        return findings
    }

    private static func programs() -> Finding {
        let folders = (variable("PATH") ?? "/usr/bin").split(separator: ":")
        let isThere = folders.contains { access("\($0)/ffmpeg", X_OK) == 0 }
        return Finding(
            "devices", "ffmpeg", .fine, isThere ? "is there" : "is not there",
            advice: isThere ? nil : "install ffmpeg to play files other than WAV, Y4M, IVF and WebM")
    }

    // MARK: This machine

    static func machine() -> [Finding] {
        do throws(ControlSocketError) {
            try ControlFolder.prepare()
            return [Finding("machine", "control sockets", .fine, ControlFolder.path)]
        } catch {
            return [
                Finding(
                    "machine", "control sockets", .warning, error.message,
                    advice: "set XDG_RUNTIME_DIR to a private folder, or give --ctl PATH")
            ]
        }
    }

    private static func variable(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
    }
}
