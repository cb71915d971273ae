import Primitives
import RTP
import SDP

extension JSEPSession {
    /// Takes the peer's answer to our offer (RFC 9429 §5.11). The state must be `haveLocalOffer`.
    package mutating func setRemoteAnswer(_ answer: SessionDescription) throws(NegotiationError) {
        guard state == .haveLocalOffer, let offer = localDescription else {
            preconditionFailure("an answer is set without an offer")
        }
        guard answer.media.count == offer.media.count else { throw .answerDoesNotFit }
        var answer = answer
        for (index, offered) in offer.media.enumerated() {
            let section = answer.media[index]
            guard section.kind == offered.kind, section.mid == nil || section.mid == offered.mid,
                section.isRejected || !offered.isRejected
            else { throw .answerDoesNotFit }
            answer.media[index].mid = offered.mid
        }
        remoteDescription = answer
        if let restartCredentials { takeCredentials(restartCredentials) }
        restartCredentials = nil
        try agree(local: offer, remote: answer, weOffered: true)
    }

    /// Draws the conclusions from an offer and its answer, and becomes stable.
    mutating func agree(
        local: SessionDescription, remote: SessionDescription, weOffered: Bool
    ) throws(NegotiationError) {
        let answer = weOffered ? remote : local
        try checkBundle(answer)
        freeRejected(answer, weOffered: weOffered)
        let transport = try transportParameters(local: local, remote: remote, weOffered: weOffered)
        var agreement = Agreement(transport: transport, weOffered: weOffered)
        for (index, slot) in slots.enumerated() {
            switch slot.owner {
            case .nobody: break
            case .data: agreement.sctp = sctpParameters(remote.media[index], local: local.media[index])
            case .transceiver(let id):
                guard let transceiver = transceiver(id) else { break }
                let section = negotiated(transceiver, at: index, local: local, remote: remote)
                if let section { agreement.sections.append(section) }
            }
        }
        self.agreement = agreement
        rollbackPoint = nil
        state = .stable
    }

    /// More than one live section must share the transport, and RTCP must share it too.
    private func checkBundle(_ answer: SessionDescription) throws(NegotiationError) {
        let live = answer.media.filter { !$0.isRejected }
        guard live.allSatisfy({ !$0.isRTP || $0.multiplexesRTCP }) else { throw .noRTCPMultiplexing }
        guard live.count > 1 else { return }
        let group = answer.bundle ?? []
        guard live.allSatisfy({ $0.mid.map(group.contains) ?? false }) else { throw .notBundled }
    }

    /// Lines that the answer rejects belong to nobody from now on; their transceivers are stopped.
    private mutating func freeRejected(_ answer: SessionDescription, weOffered: Bool) {
        for (index, section) in answer.media.enumerated() where section.isRejected {
            if weOffered, slots[index].owner == .data { dataWasRejected = true }
            slots[index].owner = .nobody
        }
        let owners = Set(slots.map(\.owner))
        for transceiver in transceivers where transceiver.mid != nil && !owners.contains(.transceiver(transceiver.id)) {
            update(transceiver.id) {
                $0.isStopped = true
                $0.mid = nil
            }
        }
        transceivers.removeAll { $0.isStopped && !$0.isOurs }
    }

    private func negotiated(
        _ transceiver: Transceiver, at index: Int, local: SessionDescription, remote: SessionDescription
    ) -> NegotiatedSection? {
        let theirs = remote.media[index]
        return NegotiatedSection(
            local: local.media[index], remote: theirs, remoteExtensions: remote.extensions(of: theirs),
            remoteDirection: remote.direction(of: theirs), transceiver: transceiver, mid: slots[index].mid, cname: cname
        )
    }

    private func sctpParameters(_ remote: MediaSection, local: MediaSection) -> SCTPParameters {
        // Absent means 64 KiB, 0 means any size (RFC 8841 §6).
        let size = remote.maximumMessageSize ?? 65_536
        return SCTPParameters(
            localPort: local.dataChannelPort, remotePort: remote.dataChannelPort,
            maximumMessageSize: size == 0 ? .max : size)
    }

    private func transportParameters(
        local: SessionDescription, remote: SessionDescription, weOffered: Bool
    ) throws(NegotiationError) -> TransportParameters? {
        let answer = weOffered ? remote : local
        guard let index = answer.transportIndex else { return nil }
        let section = remote.media[index]
        guard let remoteCredentials = remote.credentials(of: section) else { throw .noICECredentials }
        let fingerprints = remote.fingerprints(of: section).sha256
        guard !fingerprints.isEmpty else { throw .noFingerprint }
        if let known = agreement?.transport?.remoteFingerprints, Set(known).isDisjoint(with: fingerprints) {
            throw .certificateChanged
        }
        return TransportParameters(
            mid: slots[index].mid, index: index, localCredentials: credentials, remoteCredentials: remoteCredentials,
            remoteIsLite: remote.isICELite,
            remoteCandidates: section.candidates.filter { $0.component == 1 },
            remoteCandidatesDone: section.hasEndOfCandidates, remoteFingerprints: fingerprints,
            dtlsRole: try dtlsRole(answer.setup(of: answer.media[index]), weOffered: weOffered))
    }

    /// From the answer's `setup`; a handshake that was made once stands (RFC 8842 §5.5).
    private func dtlsRole(_ setup: SetupRole?, weOffered: Bool) throws(NegotiationError) -> DTLSRole {
        if let role = agreement?.transport?.dtlsRole { return role }
        switch setup {
        case .active: return weOffered ? .server : .client
        case .passive: return weOffered ? .client : .server
        case .actpass, .holdconn, nil: throw .badSetup
        }
    }
}
