import Call
import Devices
import Media
import Primitives
import Signalling

// Recording: what is asked of others and of the own camera for it, and what it tells.
extension CallController {
    /// The own tracks; others have the ids that the server gives.
    nonisolated static let ownRecordingID = ""

    func makeRecording() -> CallRecording {
        let media = media
        let room = roomTitle
        return CallRecording(size: configuration.recordSize, room: room) { id in
            id == Self.ownRecordingID ? media.camera.newestPicture : media.decoder.newestPicture(of: id)
        } request: { [weak self] in
            self?.carryOut($0)
        }
    }

    private var roomTitle: String {
        switch link.target {
        case .room(let room), .confab(_, let room): room.text
        default: "call"
        }
    }

    /// Begins what the command line asks for.
    func startRecording() {
        recording.join(Self.ownRecordingID, name: configuration.name, isSelf: true)
        for recorder in media.recorders { recording.start(recorder, isRequired: true) }
    }

    /// Records everybody from now on into a file, a FIFO or a folder that exists. Throws where it cannot be written.
    package func record(to path: String) throws(DeviceError) {
        guard phase == .inCall || phase == .joining else { return }
        guard !recording.names.contains(path) else { throw .cannotWrite("\(path) is being recorded to already") }
        recording.start(try Recorder(.file(path)), isRequired: false)
    }

    /// Ends all recordings; false where there is none.
    @discardableResult
    package func stopRecording() -> Bool { recording.stop() }

    /// The files being recorded to.
    package var recordings: [String] { recording.names }

    private func carryOut(_ request: CallRecording.Request) {
        switch request {
        case .event(let event): observer.event(event)
        case .keyFrames:
            for member in members { member.requestKeyFrame() }
            media.camera.requestKeyFrame(for: CallRecording.ownPicture)
        case .sizesChanged: updateRecordedSizes()
        case .outputLost(let message):
            observer.event(.error(code: "output-lost", message: message, fatal: true))
            end(.lost, status: ExitStatus.cannotCreate)
        }
    }

    private func updateRecordedSizes() {
        for peer in peers.values { peer.sendViewport() }
        for member in server?.members.values.map({ $0 }) ?? [] { member.askForView() }
        // A live recording takes the newest picture as it is.
        guard recording.isActive, media.hasCamera, !configuration.audioOnly else {
            return media.camera.setTarget(nil, for: CallRecording.ownPicture)
        }
        let size = configuration.size.fitted(in: recording.size)
        let rate = max(150_000, size.area * configuration.framesPerSecond / 6)
        media.camera.setTarget(
            VideoTarget(
                size: size, framesPerSecond: configuration.framesPerSecond, bitrate: Bitrate(bitsPerSecond: rate)),
            for: CallRecording.ownPicture)
    }

    /// What to ask of a peer of whom so much is shown.
    func recorded(_ wish: VideoTarget?) -> VideoTarget? {
        guard recording.isActive, !configuration.audioOnly else { return wish }
        guard let wish, !wish.size.isNone else {
            return VideoTarget(
                size: recording.size, framesPerSecond: configuration.viewFramesPerSecond, bitrate: .zero)
        }
        var larger = wish
        larger.size = PixelSize(
            max(wish.size.width, recording.size.width), max(wish.size.height, recording.size.height))
        return larger
    }
}
