import Call
import Media
import Primitives
import Runtime
import Signalling

/// Somebody else in the call, whichever way their media comes: straight from them in a mesh, or through a media server.
@CallLoop
protocol RemoteMember: AnyObject {
    var participant: Participant { get }
    var state: ParticipantState { get }
    var isConnected: Bool { get }
    var milestones: Milestones { get set }

    func requestKeyFrame()
    /// What is shown of them.
    func setViewport(_ wish: VideoTarget)

    // MARK: Numbers

    /// What the connection knows; pictures and sound are added by the caller.
    func qualityReport(now: Instant) -> QualityReport
    /// Frames that loss made undecodable.
    var framesLost: Int { get }
    var bytesReceived: Int { get }
    var bytesSent: Int { get }
}

/// When the first of each kind of media came, counted from the start of joining.
struct Milestones {
    var firstFrame: Duration?
    var firstAudio: Duration?
}

extension CallController {
    /// Once both ways are there, the media server's counts.
    func member(_ id: String) -> (any RemoteMember)? { server?.members[id] ?? peers[id] }

    /// Everybody whose media come, or are to come.
    var members: [any RemoteMember] {
        let served = server?.members ?? [:]
        let meshed = peers.filter { served[$0.key] == nil }
        return (Array(served.values) as [any RemoteMember]) + Array(meshed.values)
    }

    func noteFirstPicture(of id: String, at time: Instant) {
        guard let member = member(id), member.milestones.firstFrame == nil else { return }
        member.milestones.firstFrame = time - startedAt
        observer.event(.firstFrame(member.participant, .camera, after: time - startedAt))
    }

    func noteFirstSound(of id: String, at time: Instant) {
        guard let member = member(id), member.milestones.firstAudio == nil else { return }
        member.milestones.firstAudio = time - startedAt
        observer.event(.firstAudio(member.participant, after: time - startedAt))
    }
}
