import LiveKitProtocol
import Signalling

/// What a participant may do: the token's grants, until the admin API says otherwise.
package struct Permissions: Hashable, Sendable {
    package var canSubscribe = true
    package var canPublish = true
    package var canPublishData = true
    package var canUpdateMetadata = false
    /// Nil allows all.
    package var sources: Set<LKTrackSource>?
    package var isHidden = false
    package var isRecorder = false
    package var isAgent = false

    package init() {}

    /// Absent words mean yes for publishing and subscribing, no for the rest.
    package init(_ grants: AccessToken.Grants) {
        canSubscribe = grants.canSubscribe ?? true
        canPublish = grants.canPublish ?? true
        canPublishData = grants.canPublishData ?? true
        canUpdateMetadata = grants.canUpdateOwnMetadata
        isHidden = grants.hidden
        isRecorder = grants.recorder
        isAgent = grants.agent
        let named = grants.canPublishSources.map { $0.compactMap(LKTrackSource.init(grant:)) }
        sources = named.flatMap { $0.isEmpty ? nil : Set($0) }
    }

    /// Whether a person stays hidden, records or acts as an agent is the token's to say.
    init(_ wire: LKParticipantPermission, keeping old: Permissions) {
        self = old
        canSubscribe = wire.canSubscribe
        canPublish = wire.canPublish
        canPublishData = wire.canPublishData
        canUpdateMetadata = wire.canUpdateMetadata
        sources = wire.canPublishSources.isEmpty ? nil : Set(wire.canPublishSources)
    }

    func mayPublish(_ source: LKTrackSource) -> Bool {
        canPublish && sources?.contains(source) ?? true
    }

    var wire: LKParticipantPermission {
        .with {
            $0.canSubscribe = canSubscribe
            $0.canPublish = canPublish
            $0.canPublishData = canPublishData
            $0.canUpdateMetadata = canUpdateMetadata
            $0.canPublishSources = (sources ?? []).sorted { $0.rawValue < $1.rawValue }
            $0.hidden = isHidden
            $0.recorder = isRecorder
            $0.agent = isAgent
        }
    }
}

extension LKTrackSource {
    /// As tokens spell it.
    fileprivate init?(grant: String) {
        switch grant {
        case "camera": self = .camera
        case "microphone": self = .microphone
        case "screen_share": self = .screenShare
        case "screen_share_audio": self = .screenShareAudio
        default: return nil
        }
    }
}
