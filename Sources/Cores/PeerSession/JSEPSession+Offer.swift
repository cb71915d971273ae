import Primitives
import RTP
import SDP

extension JSEPSession {
    /// Makes an offer and sets it as the local description (RFC 9429 §5.2). Nil unless stable.
    package mutating func makeOffer() -> SessionDescription? {
        guard state == .stable else { return nil }
        rememberRollbackPoint()
        assignSlots()
        // Before anything was agreed there is nothing to restart.
        if wantsICERestart, agreement?.transport != nil { restartCredentials = tokens.credentials() }
        wantsICERestart = false
        var sections: [MediaSection] = []
        for slot in slots { sections.append(offerSection(slot)) }
        let offer = description(sections)
        localDescription = offer
        state = .haveLocalOffer
        return offer
    }

    /// Gives every transceiver, and the data channels, a section.
    private mutating func assignSlots() {
        // A server's tracks come and go, its data channels stay: they had better carry the bundle (RFC 9143 §7.2).
        if configuration.isICELite { assignDataSlot() }
        for transceiver in transceivers where transceiver.mid == nil && !transceiver.isStopped {
            guard !configuration.codecs(transceiver.kind).isEmpty else { continue }
            let mid = freeMid()
            place(
                Slot(
                    mid: mid, kind: transceiver.kind.mediaKind, transport: MediaSection.rtpTransport, formats: ["0"],
                    owner: .transceiver(transceiver.id)))
            update(transceiver.id) { $0.mid = mid }
        }
        assignDataSlot()
    }

    private mutating func assignDataSlot() {
        guard lacksDataSection else { return }
        place(
            Slot(
                mid: freeMid(), kind: .application, transport: MediaSection.sctpTransport,
                formats: [MediaSection.dataChannelFormat], owner: .data))
    }

    /// A line that was rejected is used again (RFC 9429 §5.2.2), else one is added.
    private mutating func place(_ slot: Slot) {
        if let index = slots.firstIndex(where: { $0.owner == .nobody }) {
            slots[index] = slot
        } else {
            slots.append(slot)
        }
    }

    func freeMid() -> String {
        let taken = Set(slots.map(\.mid))
        // One of the first `count + 1` numbers must be free.
        return (0...slots.count).lazy.map(String.init).first { !taken.contains($0) } ?? "x"
    }

    private mutating func offerSection(_ slot: Slot) -> MediaSection {
        switch slot.owner {
        case .nobody: return rejected(slot)
        case .data: return dataSection(mid: slot.mid, setup: .actpass)
        case .transceiver(let id):
            guard let transceiver = transceiver(id), !transceiver.isStopped else { return rejected(slot) }
            return mediaSection(transceiver, mid: slot.mid)
        }
    }

    private mutating func mediaSection(_ transceiver: Transceiver, mid: String) -> MediaSection {
        var section = MediaSection(kind: transceiver.kind.mediaKind, transport: MediaSection.rtpTransport, formats: [])
        section.mid = mid
        section.attributes = transportAttributes(setup: .actpass)
        section.direction = transceiver.direction
        section.multiplexesRTCP = true
        section.allowsReducedSizeRTCP = true
        for preference in configuration.codecs(transceiver.kind) { section.codecs += offeredCodecs(preference) }
        section.formats = section.codecs.map(\.payloadType.description)
        let hasLayers = transceiver.direction.sends && transceiver.encodings.count > 1
        for kind in Self.extensions(transceiver.kind, withLayers: hasLayers) {
            if let id = numbers.identifier(kind) { section.extensions.append(HeaderExtension(id, kind.uri)) }
        }
        if hasLayers {
            section.rids = transceiver.encodings.map { RestrictionID($0.rid, .send) }
            section.simulcast = Simulcast(send: transceiver.encodings.map { [.init($0.rid)] })
        }
        addSources(of: transceiver, to: &section)
        return section
    }

    private mutating func offeredCodecs(_ preference: CodecPreference) -> [RTPCodec] {
        guard let type = numbers.payloadType(preference) else { return [] }
        let codec = RTPCodec(
            type, preference.name, clockRate: preference.clockRate, channels: preference.channels,
            parameters: preference.parameters, feedback: preference.feedback)
        var codecs = [codec]
        if let type = numbers.retransmissionType(preference) { codecs.append(.retransmission(type, of: codec)) }
        if let type = numbers.redundancyType(preference) { codecs.append(.redundancy(type, of: codec)) }
        return codecs
    }

    static func extensions(_ kind: Transceiver.Kind, withLayers: Bool) -> [HeaderExtensionKind] {
        switch kind {
        case .audio: [.audioLevel, .absoluteSendTime, .transportSequence, .mid]
        case .video: [.absoluteSendTime, .transportSequence, .mid] + (withLayers ? [.rid, .repairedRid] : [])
        }
    }
}

extension RTPCodec {
    static func retransmission(_ type: PayloadType, of codec: RTPCodec) -> RTPCodec {
        RTPCodec(type, "rtx", clockRate: codec.clockRate, parameters: ["apt": codec.payloadType.description])
    }

    static func redundancy(_ type: PayloadType, of codec: RTPCodec) -> RTPCodec {
        var red = RTPCodec(type, "red", clockRate: codec.clockRate, channels: codec.channels)
        red.parameters.list = [.init(name: "\(codec.payloadType)/\(codec.payloadType)")]
        return red
    }
}

// What offers and answers have in common.
extension JSEPSession {
    /// The sections, bundled, in a description with the next version.
    mutating func description(_ sections: [MediaSection], bundle: [String]? = nil) -> SessionDescription {
        var description = SessionDescription()
        description.origin = origin
        origin.version &+= 1
        let mids = bundle ?? sections.filter { !$0.isRejected }.compactMap(\.mid)
        if !mids.isEmpty { description.groups = [.init("BUNDLE", mids)] }
        description.others = [Attribute("msid-semantic", " WMS *")]
        description.isICELite = configuration.isICELite
        description.media = sections
        guard let index = description.transportIndex else { return description }
        description.media[index].candidates = configuration.fixedCandidates
        description.media[index].hasEndOfCandidates = !configuration.fixedCandidates.isEmpty
        // An offer to restart has nothing to tell yet: the agent restarts with the answer.
        if restartCredentials == nil, configuration.fixedCandidates.isEmpty {
            description.media[index].candidates = localCandidates
            description.media[index].hasEndOfCandidates = localCandidatesDone
        }
        return description
    }

    func transportAttributes(setup: SetupRole) -> TransportAttributes {
        var attributes = TransportAttributes()
        attributes.credentials = restartCredentials ?? credentials
        attributes.iceOptions = ["trickle"]
        attributes.fingerprints = [configuration.fingerprint]
        attributes.setup = setup
        return attributes
    }

    func rejected(_ slot: Slot) -> MediaSection {
        var section = MediaSection(kind: slot.kind, transport: slot.transport, formats: slot.formats)
        section.mid = slot.mid
        section.port = 0
        section.direction = .inactive
        return section
    }

    func dataSection(mid: String, setup: SetupRole) -> MediaSection {
        var section = MediaSection(
            kind: .application, transport: MediaSection.sctpTransport, formats: [MediaSection.dataChannelFormat])
        section.mid = mid
        section.attributes = transportAttributes(setup: setup)
        section.sctpPort = configuration.sctpPort
        section.maximumMessageSize = configuration.maximumMessageSize
        return section
    }

    /// Stream, track and sources, where the section sends.
    func addSources(of transceiver: Transceiver, to section: inout MediaSection) {
        guard section.direction?.sends == true else { return }
        section.streams = [transceiver.stream]
        // Layers are told apart by their names, not by announced sources.
        guard section.simulcast?.send.isEmpty ?? true else { return }
        let name = Attribute("cname", cname)
        section.sources = [SourceDescription(transceiver.ssrc, [name])]
        guard section.codecs.contains(where: { $0.isNamed("rtx") }) else { return }
        section.sources.append(SourceDescription(transceiver.retransmissionSSRC, [name]))
        section.sourceGroups = [SourceGroup("FID", [transceiver.ssrc, transceiver.retransmissionSSRC])]
    }
}

extension SessionDescription {
    /// The section that speaks for the bundle (RFC 9143 §7.2): the first of the group that is not rejected.
    var transportIndex: Int? {
        let order = (bundle ?? []).compactMap { mid in media.firstIndex { $0.mid == mid && !$0.isRejected } }
        return order.first ?? media.firstIndex { !$0.isRejected }
    }
}
