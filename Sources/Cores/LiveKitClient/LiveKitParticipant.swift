import LiveKitProtocol
import Media
import Signalling

/// Somebody in a room of a LiveKit server, as the server describes them.
package struct LiveKitParticipant: Hashable, Sendable {
    /// Who it is, over connections. `sid` changes with each.
    package var identity: String
    package var sid: String
    package var name: String
    package var tracks: [LiveKitTrack]
    /// Rises with each change; older news is ignored.
    var version: UInt32

    init(_ info: LKParticipantInfo) {
        identity = info.identity
        sid = info.sid
        name = info.name.isEmpty ? info.identity : info.name
        tracks = info.tracks.filter { $0.type != .data }.map(LiveKitTrack.init)
        version = info.version
    }

    package func track(_ kind: TrackKind) -> LiveKitTrack? { tracks.first { $0.kind == kind } }

    /// In the words that mesh calls use.
    package var state: ParticipantState {
        ParticipantState(
            muted: track(.microphone)?.isMuted ?? true, camera: track(.camera).map { !$0.isMuted } ?? false,
            screen: track(.screen).map { !$0.isMuted } ?? false)
    }
}

/// One sound or picture that somebody publishes.
package struct LiveKitTrack: Hashable, Sendable {
    package var sid: String
    /// Sound of any source counts as the microphone's.
    package var kind: TrackKind
    package var isMuted: Bool
    /// `VP8`, `opus`.
    package var codec: String

    init(_ info: LKTrackInfo) {
        sid = info.sid
        switch info.type {
        case .video: kind = info.source == .screenShare ? .screen : .camera
        default: kind = .microphone
        }
        isMuted = info.muted
        let name = info.mimeType.split(separator: "/").last.map(String.init)
        codec = name ?? (kind == .microphone ? "opus" : "VP8")
    }
}
