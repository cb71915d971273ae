import Call
import Runtime
import SignalTransport
import Signalling

/// Why something was not done to others.
package enum ModerationRefusal: Sendable {
    /// Only a host may.
    case notAllowed
    /// The server is away, or has refused.
    case failed(String)
}

// What a host may do to others, and others to us.
extension CallController {
    /// Those who wait at the door, where we may let them in.
    package var visitors: [Participant] { session.visitors.map { Participant(id: $0.id, name: $0.name) } }

    /// The signalling of a mesh takes it, or the admin API of the media server; while a room moves up, both where both
    /// are concerned. `answer` is given nil when it is done, or on its way.
    package func moderate(
        _ wish: MeshClientMessage.Moderation, then answer: @escaping @CallLoop @Sendable (ModerationRefusal?) -> Void
    ) {
        guard mayModerate else { return answer(.notAllowed) }
        let isForMesh = session.isOpen && !concernsServerOnly(wish)
        if isForMesh { carryOut(session.moderate(wish)) }
        if let server, server.hasJoined, let request = server.request(for: wish) {
            server.administer(request, then: answer)
        } else {
            answer(isForMesh ? nil : .failed("the server is away"))
        }
    }

    /// Who has come to the media server alone is unknown to the mesh, which would complain.
    private func concernsServerOnly(_ wish: MeshClientMessage.Moderation) -> Bool {
        switch wish {
        case .remove(let id), .mute(let id): server?.members[id] != nil && session.peer(id) == nil
        case .admit, .end: false
        }
    }

    /// Whether our token grants it; the server checks again.
    private var mayModerate: Bool {
        access.flatMap { try? AccessToken.parse($0.token) }?.claims.grants.roomAdmin ?? false
    }

    func mutedByOther() {
        guard !ownState.muted else { return }
        setMuted(true)
        observer.event(.error(code: "muted-by-other", message: "somebody who may has muted you", fatal: false))
    }
}
