import Primitives
import RTP
import SDP

extension JSEPSession {
    /// Answers the peer's offer and sets the answer as local description (RFC 9429 §5.3). The state must be
    /// `haveRemoteOffer`.
    package mutating func makeAnswer() throws(NegotiationError) -> SessionDescription {
        guard state == .haveRemoteOffer, let offer = remoteDescription else {
            preconditionFailure("an answer is made without an offer")
        }
        if restarts(offer) { takeCredentials(tokens.credentials()) }
        var sections: [MediaSection] = []
        for (slot, offered) in zip(slots, offer.media) {
            sections.append(try answerSection(slot, offered, offer: offer))
        }
        let live = Set(sections.filter { !$0.isRejected }.compactMap(\.mid))
        var answer = description(sections, bundle: (offer.bundle ?? []).filter(live.contains))
        answer.allowsMixedExtensionHeaders = offer.allowsMixedExtensionHeaders
        localDescription = answer
        try agree(local: answer, remote: offer, weOffered: false)
        return answer
    }

    /// Whether the peer offers an ICE restart: its credentials are new (RFC 8839 §4.4.1.1.1).
    private func restarts(_ offer: SessionDescription) -> Bool {
        guard let transport = agreement?.transport, let index = offer.transportIndex else { return false }
        return offer.credentials(of: offer.media[index]) != transport.remoteCredentials
    }

    mutating func takeCredentials(_ new: ICECredentials) {
        credentials = new
        localCandidates = []
        localCandidatesDone = false
    }

    private func answerSection(
        _ slot: Slot, _ offered: MediaSection, offer: SessionDescription
    ) throws(NegotiationError) -> MediaSection {
        var section: MediaSection
        switch slot.owner {
        case .nobody: section = rejected(slot)
        case .data: section = try dataAnswer(offered, offer: offer)
        case .transceiver(let id):
            guard let transceiver = transceiver(id), !transceiver.isStopped else {
                section = rejected(slot)
                break
            }
            section = try mediaAnswer(transceiver, offered, offer: offer)
        }
        section.mid = offered.mid
        return section
    }

    private func dataAnswer(_ offered: MediaSection, offer: SessionDescription) throws(NegotiationError) -> MediaSection
    {
        var section = dataSection(mid: offered.mid ?? "", setup: try setup(answering: offered, offer))
        section.transport = offered.transport
        section.formats = offered.formats
        if offered.usesDraftSCTP {
            section.formats = [String(configuration.sctpPort)]
            section.sctpPort = nil
            section.others = [Attribute("sctpmap", "\(configuration.sctpPort) webrtc-datachannel 65535")]
        }
        return section
    }

    private func mediaAnswer(
        _ transceiver: Transceiver, _ offered: MediaSection, offer: SessionDescription
    ) throws(NegotiationError) -> MediaSection {
        var section = MediaSection(kind: offered.kind, transport: offered.transport, formats: [])
        section.attributes = transportAttributes(setup: try setup(answering: offered, offer))
        section.direction = transceiver.direction.intersection(offer.direction(of: offered).reversed)
        section.multiplexesRTCP = true
        section.allowsReducedSizeRTCP = offered.allowsReducedSizeRTCP
        section.allowsMixedExtensionHeaders = offered.allowsMixedExtensionHeaders
        for preference in configuration.codecs(transceiver.kind) {
            section.codecs += answeredCodecs(preference, offered)
        }
        section.formats = section.codecs.map(\.payloadType.description)
        let layers = configuration.acceptsSimulcast ? offered.simulcast?.send ?? [] : []
        // Also where no layers are offered yet: libwebrtc offers no layers later without the extensions that name them.
        section.extensions = answeredExtensions(
            transceiver.kind, offered, offer: offer, withLayers: configuration.acceptsSimulcast)
        if !layers.isEmpty, section.direction?.receives == true {
            section.rids = layers.joined().map { RestrictionID($0.rid, .recv) }
            section.simulcast = Simulcast(receive: layers.map { $0.map { .init($0.rid) } })
        }
        addSources(of: transceiver, to: &section)
        return section
    }

    /// Under the offerer's numbers (RFC 3264 §6.1), with the feedback that both know.
    private func answeredCodecs(_ preference: CodecPreference, _ offered: MediaSection) -> [RTPCodec] {
        guard let theirs = offered.codecs.first(where: preference.matches) else { return [] }
        let feedback = offered.feedback(of: theirs)
        let codec = RTPCodec(
            theirs.payloadType, theirs.name, clockRate: theirs.clockRate, channels: theirs.channels,
            parameters: preference.parameters, feedback: preference.feedback.filter(feedback.contains))
        var codecs = [codec]
        if preference.retransmissionType != nil, let repeats = offered.retransmission(of: theirs) {
            codecs.append(.retransmission(repeats.payloadType, of: codec))
        }
        if preference.redundancyType != nil, let red = offered.redundancy(of: theirs) {
            codecs.append(.redundancy(red.payloadType, of: codec))
        }
        return codecs
    }

    private func answeredExtensions(
        _ kind: Transceiver.Kind, _ offered: MediaSection, offer: SessionDescription, withLayers: Bool
    ) -> [HeaderExtension] {
        let wanted = Self.extensions(kind, withLayers: withLayers)
        // Numbers above 14 need the two-byte form, which may only be mixed in where both sides say so.
        let highest = offer.allowsMixedExtensionHeaders(in: offered) ? 255 : 14
        return wanted.compactMap { kind in
            let one = offer.extensions(of: offered).first { $0.uri == kind.uri && $0.id <= highest && $0.id != 15 }
            return one.map { HeaderExtension($0.id, $0.uri, direction: $0.direction?.reversed) }
        }
    }

    /// Who begins the handshake (RFC 5763 §5). A handshake that was made once stands.
    private func setup(
        answering section: MediaSection, _ offer: SessionDescription
    ) throws(NegotiationError) -> SetupRole {
        if let role = agreement?.transport?.dtlsRole { return role == .client ? .active : .passive }
        switch offer.setup(of: section) {
        case .actpass: return configuration.answersAsServer ? .passive : .active
        case .passive, nil: return .active
        case .active: return .passive
        case .holdconn: throw .badSetup
        }
    }
}
