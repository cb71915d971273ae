import Devices
import Media
import Runtime
import Signalling

// Sound files that a controller plays to the others.
extension CallController {
    /// Mixes a file into what is sent. Both handlers are called on the call loop: `started` when the file is open, or
    /// cannot be, and `done` when it has been played. While a file plays, others see us as one who can be heard.
    package func play(
        _ path: String, started: @escaping @CallLoop @Sendable (DeviceError?) -> Void,
        done: @escaping @CallLoop @Sendable () -> Void
    ) {
        let media = media
        // Opening may wait for a disk or another program, and the loop may not.
        let opener = JoinableThread(name: "opening") { [weak self] in
            let failure = Self.play(path, media) {
                CallLoop.post {
                    self?.tellOwnState()
                    done()
                }
            }
            CallLoop.post {
                self?.tellOwnState()
                started(failure)
            }
        }
        _ = opener  // ends by itself
    }

    nonisolated private static func play(
        _ path: String, _ media: LocalMedia, done: @escaping @Sendable () -> Void
    ) -> DeviceError? {
        do throws(DeviceError) {
            try media.play(path, done: done)
            return nil
        } catch {
            return error
        }
    }

    /// What the others are told: something can be heard while a file plays, whatever the own switch says.
    var heardState: ParticipantState {
        var state = ownState
        if media.microphone.playedFiles.isPlaying { state.muted = false }
        return state
    }
}
