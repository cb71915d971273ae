import LiveKitProtocol

/// What the media plane notices and clients like to know.
extension Room {
    /// Tells changes only: who begins, who stops, and how loud those are who go on.
    mutating func updateSpeakers(_ levels: [(track: TrackID, level: Float)]) {
        var loudest: [ParticipantID: Float] = [:]
        for (track, level) in levels {
            guard let owner = tracks[track]?.owner, participants[owner]?.permissions.isHidden == false else { continue }
            loudest[owner] = max(loudest[owner] ?? 0, min(max(level, 0), 1))
        }
        let changed = participants.values.contains { $0.isSpeaking != (loudest[$0.id] != nil) }
        guard changed else { return }
        var speakers: [LKSpeakerInfo] = []
        for participant in participants.values where participant.isSpeaking || loudest[participant.id] != nil {
            let level = loudest[participant.id]
            participants[participant.id]?.isSpeaking = level != nil
            speakers.append(
                .with {
                    $0.sid = participant.id.text
                    $0.level = level ?? 0
                    $0.active = level != nil
                })
        }
        speakers.sort { $0.level > $1.level }
        broadcast(.speakersChanged(.with { $0.speakers = speakers }))
    }

    mutating func updateQualities(_ qualities: [ParticipantID: LKConnectionQuality]) {
        var updates: [LKConnectionQualityInfo] = []
        for (id, quality) in qualities.sorted(by: { $0.key < $1.key }) {
            guard let participant = participants[id], participant.quality != quality else { continue }
            participants[id]?.quality = quality
            guard !participant.permissions.isHidden else { continue }
            updates.append(
                .with {
                    $0.participantSid = id.text
                    $0.quality = quality
                    $0.score = quality.score
                })
        }
        if !updates.isEmpty { broadcast(.connectionQuality(.with { $0.updates = updates })) }
    }

    /// Lets a publisher spare the layers that nobody looks at (LiveKit's dynacast).
    mutating func tellWanted(_ highest: Int, of track: TrackID) {
        guard let published = tracks[track], published.layers.rids.count > 1 else { return }
        let qualities = [LKVideoQuality.low, .medium, .high].map { quality in
            LKSubscribedQuality.with {
                $0.quality = quality
                $0.enabled = (published.layers.index(for: quality) ?? 0) <= highest
            }
        }
        let update = LKSubscribedQualityUpdate.with {
            $0.trackSid = track.text
            $0.subscribedQualities = qualities
            $0.subscribedCodecs = [
                .with {
                    $0.codec = published.codec.lowercased()
                    $0.qualities = qualities
                }
            ]
        }
        send(.subscribedQualityUpdate(update), to: published.owner)
    }

    mutating func tellPaused(_ paused: Bool, _ track: TrackID, to id: ParticipantID) {
        guard let published = tracks[track] else { return }
        let state = LKStreamStateInfo.with {
            $0.participantSid = published.owner.text
            $0.trackSid = track.text
            $0.state = paused ? .paused : .active
        }
        send(.streamStateUpdate(.with { $0.streamStates = [state] }), to: id)
    }
}

extension LKConnectionQuality {
    /// On the scale of mean opinion scores.
    fileprivate var score: Float {
        switch self {
        case .excellent: 4.5
        case .good: 3.5
        case .poor: 2
        default: 0
        }
    }
}
