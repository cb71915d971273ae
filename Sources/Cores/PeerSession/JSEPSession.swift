import Primitives
import RTP
import SDP

/// Offers and answers of one peer connection (RFC 9429), with everything bundled on one transport.
///
/// Sections are kept in slots, one for each `m=` line ever agreed upon; lines never go away, but a rejected one may be
/// used again for something else. A slot belongs to a transceiver, to the data channels, or to nobody. A description
/// that is offered changes the slots at once and keeps a point to return to, in case the offer is rolled back.
package struct JSEPSession: Sendable {
    package struct Configuration: Sendable {
        package var audioCodecs: [CodecPreference] = [.opus()]
        /// Empty where no video is wanted: sections with video are then rejected.
        package var videoCodecs: [CodecPreference] = [.vp8]
        package var hasDataChannels = true
        /// Whether offered layers are taken, as a forwarding server does.
        package var acceptsSimulcast = false
        package var isICELite = false
        /// The addresses of an agent that has nothing to find out; they stand in every description.
        package var fixedCandidates: [ICECandidate] = []
        /// Whether an offer that leaves it open is answered with the server's part of the handshake.
        package var answersAsServer = false
        package var fingerprint: Fingerprint
        package var sctpPort = 5_000
        /// The largest message that is accepted, in bytes.
        package var maximumMessageSize = 65_536
        package var limits = SessionDescription.Limits()

        package init(fingerprint: Fingerprint) { self.fingerprint = fingerprint }

        func codecs(_ kind: Transceiver.Kind) -> [CodecPreference] {
            switch kind {
            case .audio: audioCodecs
            case .video: videoCodecs
            }
        }
    }

    package enum State: Hashable, Sendable {
        case stable, haveLocalOffer, haveRemoteOffer
    }

    /// What holds after an answer.
    struct Agreement: Equatable, Sendable {
        /// Nil where every section was rejected.
        var transport: TransportParameters?
        var sections: [NegotiatedSection] = []
        var sctp: SCTPParameters?
        var weOffered: Bool
    }

    struct Slot: Hashable, Sendable {
        enum Owner: Hashable, Sendable {
            case transceiver(Transceiver.ID)
            case data
            /// Rejected, and free for something new.
            case nobody
        }

        var mid: String
        var kind: MediaKind
        var transport: String
        /// What to say on the `m=` line while nobody owns it.
        var formats: [String]
        var owner: Owner
    }

    struct RollbackPoint: Sendable {
        var slots: [Slot]
        var mids: [Transceiver.ID: String]
        var local: SessionDescription?
        var remote: SessionDescription?
    }

    let configuration: Configuration
    package internal(set) var state = State.stable
    package internal(set) var transceivers: [Transceiver] = []
    var slots: [Slot] = []
    var numbers = NumberPlan()
    var tokens: Tokens
    var origin: SessionDescription.Origin
    package let cname: String
    let streamID: String
    private var nextTransceiver = 0

    /// The last description of each side, agreed upon or on offer.
    package internal(set) var localDescription: SessionDescription?
    package internal(set) var remoteDescription: SessionDescription?
    var agreement: Agreement?
    var rollbackPoint: RollbackPoint?
    /// The peer rejected or withdrew the data section, which is not offered again.
    var dataWasRejected = false

    var credentials: ICECredentials
    /// The credentials of an ICE restart that is on offer.
    var restartCredentials: ICECredentials?
    var wantsICERestart = false
    /// Those found so far under `credentials`; later descriptions repeat them.
    var localCandidates: [ICECandidate] = []
    var localCandidatesDone = false

    package init(configuration: Configuration, random: any RandomNumberGenerator & Sendable) {
        self.configuration = configuration
        tokens = Tokens(random)
        credentials = tokens.credentials()
        origin = SessionDescription.Origin(sessionID: tokens.sessionID(), version: 1)
        cname = tokens.token(16)
        streamID = tokens.token(20)
    }
}

// Transceivers.
extension JSEPSession {
    /// Adds something to send or receive; the next offer has a section for it, or a peer's offer adopts it. `stream`
    /// tells the peer what plays together; nil is the stream of camera and microphone. `track` is made up where it is
    /// nil.
    @discardableResult
    package mutating func addTransceiver(
        _ kind: Transceiver.Kind, _ direction: Direction, stream: String? = nil, track: String? = nil,
        encodings: [String] = []
    ) -> Transceiver.ID {
        addTransceiver(kind, direction, stream: stream, track: track, encodings: encodings, isOurs: true)
    }

    mutating func addTransceiver(
        _ kind: Transceiver.Kind, _ direction: Direction, stream: String?, track: String?, encodings: [String],
        isOurs: Bool
    ) -> Transceiver.ID {
        let layers = encodings.map { SendEncoding(rid: $0, ssrc: tokens.ssrc(), retransmissionSSRC: tokens.ssrc()) }
        let transceiver = Transceiver(
            id: .init(value: nextTransceiver), kind: kind, direction: direction, ssrc: tokens.ssrc(),
            retransmissionSSRC: tokens.ssrc(),
            stream: MediaStreamID(stream: stream ?? streamID, track: track ?? tokens.token(20)), encodings: layers,
            isOurs: isOurs)
        nextTransceiver += 1
        transceivers.append(transceiver)
        return transceiver.id
    }

    package func transceiver(_ id: Transceiver.ID) -> Transceiver? {
        transceivers.first { $0.id == id }
    }

    mutating func update(_ id: Transceiver.ID, _ change: (inout Transceiver) -> Void) {
        guard let index = transceivers.firstIndex(where: { $0.id == id }) else { return }
        change(&transceivers[index])
    }

    package mutating func setDirection(_ direction: Direction, of id: Transceiver.ID) {
        update(id) { $0.direction = direction }
    }

    /// The section is rejected by the next offer.
    package mutating func stop(_ id: Transceiver.ID) {
        update(id) { $0.isStopped = true }
    }
}

// What needs an offer.
extension JSEPSession {
    /// Whether the agreement no longer is what this side wishes for (W3C WebRTC §4.7.3).
    package var isNegotiationNeeded: Bool {
        if wantsICERestart { return true }
        if lacksDataSection { return true }
        return transceivers.contains(where: needsNegotiation)
    }

    var lacksDataSection: Bool {
        configuration.hasDataChannels && !dataWasRejected && !slots.contains { $0.owner == .data }
    }

    private func needsNegotiation(_ transceiver: Transceiver) -> Bool {
        guard let mid = transceiver.mid, let section = localDescription?.section(mid: mid) else {
            return !transceiver.isStopped && !configuration.codecs(transceiver.kind).isEmpty
        }
        if transceiver.isStopped { return !section.isRejected }
        guard let agreement else { return true }
        if agreement.weOffered { return section.direction != transceiver.direction }
        let offer = remoteDescription?.section(mid: mid)
        let offered = offer.flatMap { remoteDescription?.direction(of: $0) } ?? .sendrecv
        return section.direction != transceiver.direction.intersection(offered.reversed)
    }
}

// What was agreed, for an owner without `Negotiation`.
extension JSEPSession {
    /// Sections that both sides live with; empty before the first answer.
    package var negotiatedSections: [NegotiatedSection] { agreement?.sections ?? [] }
    /// Nil before the first answer, and where it rejects everything.
    package var negotiatedTransport: TransportParameters? { agreement?.transport }
    package var negotiatedSCTP: SCTPParameters? { agreement?.sctp }

    /// How much of a peer's description is read.
    package var limits: SessionDescription.Limits { configuration.limits }

    /// The next offer asks for new paths through the network (RFC 8445 §9).
    package mutating func requestICERestart() { wantsICERestart = true }
}

// Going back.
extension JSEPSession {
    mutating func rememberRollbackPoint() {
        var mids: [Transceiver.ID: String] = [:]
        for transceiver in transceivers { mids[transceiver.id] = transceiver.mid }
        rollbackPoint = RollbackPoint(slots: slots, mids: mids, local: localDescription, remote: remoteDescription)
    }

    /// Withdraws an offer, ours or the peer's (RFC 9429 §4.1.10.2). What this side changed meanwhile stays.
    package mutating func rollback() {
        guard let point = rollbackPoint else { return }
        slots = point.slots
        localDescription = point.local
        remoteDescription = point.remote
        for index in transceivers.indices { transceivers[index].mid = point.mids[transceivers[index].id] }
        // Those that the withdrawn offer of the peer made.
        transceivers.removeAll { !$0.isOurs && $0.mid == nil }
        if restartCredentials != nil {
            restartCredentials = nil
            wantsICERestart = true
        }
        rollbackPoint = nil
        state = .stable
    }
}
