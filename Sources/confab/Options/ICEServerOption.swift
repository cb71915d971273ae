import ArgumentParser
import Primitives
import Signalling

/// Checks `--ice-server` before anything is started with it.
enum ICEServerOption {
    static func validate(_ urls: [String]) throws {
        guard let wrong = urls.first(where: { ICEServer(parsing: $0) == nil }) else { return }
        throw ValidationError(
            "--ice-server \(wrong.controlCharactersVisible): give stun:HOST, turn:USER:PASSWORD@HOST or "
                + "turns:USER:PASSWORD@HOST, with :PORT where it is not the usual one.")
    }
}
