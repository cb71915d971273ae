import Media

/// What stands behind a `--camera` word.
package enum PictureInput {
    /// No camera.
    case none
    case pictures(any VideoSource)
    /// VP8 pictures, for whoever has a decoder (`DecodedVideo`).
    case encoded(any EncodedVideoFile)
}

/// A picture input that was opened.
package struct OpenedPictureInput {
    package var input: PictureInput
    /// `/dev/video0`, `test`, `talk.y4m`; `none`.
    package var name: String
    /// Where `auto` did not find what it looked for: what is used instead and why, one line.
    package var note: String?
}

/// Opens the cameras and files that the command line names.
package enum VideoDevices {
    /// Whether a `--camera` word names a file.
    package static func isFile(_ word: String) -> Bool {
        !["auto", "none", "", "test"].contains(word) && !word.hasPrefix("/dev/video") && !word.hasPrefix("/dev/v4l/")
    }

    /// `auto|none|test|/dev/videoN|FILE`. Cameras take the size and rate nearest to the wish, files keep their own.
    package static func open(
        _ word: String, size: PixelSize, framesPerSecond: Int, fallback: AutomaticFallback = .nothing
    ) throws(DeviceError) -> OpenedPictureInput {
        switch word {
        case "auto": return openCamera(size, framesPerSecond, fallback)
        case "none", "": return OpenedPictureInput(input: .none, name: "none")
        case "test": return opened(TestPictureSource(size: size, framesPerSecond: framesPerSecond))
        default:
            if word.hasPrefix("/dev/video") || word.hasPrefix("/dev/v4l/") {
                return opened(try Camera(word, size: size, framesPerSecond: framesPerSecond))
            }
            return try PictureFiles.open(word)
        }
    }

    /// The first camera that works.
    private static func openCamera(
        _ size: PixelSize, _ framesPerSecond: Int, _ fallback: AutomaticFallback
    ) -> OpenedPictureInput {
        var reason = "there is none at /dev/video*"
        for path in Cameras.paths() {
            do throws(DeviceError) {
                return opened(try Camera(path, size: size, framesPerSecond: framesPerSecond))
            } catch {
                reason = error.message
            }
        }
        switch fallback {
        case .nothing: return OpenedPictureInput(input: .none, name: "none", note: "no camera: \(reason)")
        case .synthetic:
            var found = opened(TestPictureSource(size: size, framesPerSecond: framesPerSecond))
            found.note = "the test picture instead of a camera: \(reason)"
            return found
        }
    }

    private static func opened(_ source: any VideoSource) -> OpenedPictureInput {
        OpenedPictureInput(input: .pictures(source), name: source.name)
    }
}
