import Primitives
import SDP
import Signalling

/// One peer connection's signalling: JSEP wrapped in the W3C's "perfect negotiation", so that either side may offer at
/// any time (W3C WebRTC §10.7).
///
/// When two offers cross, the *polite* side takes its own back and answers; the other side ignores the peer's. Making a
/// description takes no time here, so the pattern's `makingOffer` is simply an offer that is open. The owner passes in
/// what comes by signalling, and carries out the actions in their order.
///
/// An ICE restart takes effect with the answer: until then the agent keeps its credentials, so that an offer to restart
/// can be taken back like any other.
package struct Negotiation: Sendable {
    package enum Action: Equatable, Sendable {
        /// Give this to the peer.
        case send(Signal)
        /// Use these credentials and gather candidates.
        case gather(ICECredentials)
        /// Use these new credentials from now on and tell all candidates again; `startICE` follows.
        case restartICE(ICECredentials)
        /// Begin checks towards a peer with these credentials.
        case startICE(remote: ICECredentials, role: ICERole)
        case addRemoteCandidate(ICECandidate)
        case remoteCandidatesDone
        /// The certificate's digest must be one of `fingerprints`.
        case setDTLS(role: DTLSRole, fingerprints: [Fingerprint])
        /// All sections, anew after every change.
        case configureMedia([NegotiatedSection])
        case configureSCTP(SCTPParameters)
        /// What the peer said cannot be followed and was dropped; the session is as before.
        case failed(NegotiationError)
    }

    package struct Counters: Hashable, Sendable {
        package var ignoredOffers = 0
        /// Answers to nothing, and types that are not used here.
        package var ignoredDescriptions = 0
        package var ignoredCandidates = 0
        package var failures = 0
    }

    package private(set) var session: JSEPSession
    package private(set) var counters = Counters()
    /// The peer's offer crossed ours and was dropped; candidates that follow it are dropped as well.
    package private(set) var isIgnoringOffer = false
    private let isPolite: Bool
    /// Whether this side ever offers; towards a server that makes all offers of a connection it does not.
    private let offers: Bool
    private var mayOffer = false
    private var hasGathered = false
    private var role: ICERole?
    private var remoteCandidates = RemoteCandidates()
    /// The section under whose name our candidates went out.
    private var announcedMid: String?

    package init(
        configuration: JSEPSession.Configuration, isPolite: Bool, offers: Bool = true,
        random: any RandomNumberGenerator & Sendable
    ) {
        session = JSEPSession(configuration: configuration, random: random)
        self.isPolite = isPolite
        self.offers = offers
    }

    /// Whose offer was answered first; nil until then. The initial offerer opens the data channel.
    package private(set) var isInitialOfferer: Bool?

    /// Candidates of the peer that were of no use.
    package var droppedCandidates: Int { remoteCandidates.dropped }
}

// What this side wishes for.
extension Negotiation {
    /// Begins. The offerer offers at once, the other side waits for the peer's first offer.
    package mutating func start(asOfferer: Bool) -> [Action] {
        mayOffer = mayOffer || asOfferer
        return negotiateIfNeeded()
    }

    /// Takes effect with `negotiateIfNeeded`.
    @discardableResult
    package mutating func addTransceiver(
        _ kind: Transceiver.Kind, _ direction: Direction, stream: String? = nil, encodings: [String] = []
    ) -> Transceiver.ID {
        session.addTransceiver(kind, direction, stream: stream, encodings: encodings)
    }

    /// Takes effect with `negotiateIfNeeded`.
    package mutating func setDirection(_ direction: Direction, of id: Transceiver.ID) {
        session.setDirection(direction, of: id)
    }

    /// Takes effect with `negotiateIfNeeded`.
    package mutating func stop(_ id: Transceiver.ID) {
        session.stop(id)
    }

    /// Offers where something changed and nothing is open; else the offer comes as soon as it may.
    package mutating func negotiateIfNeeded() -> [Action] {
        guard offers, mayOffer, session.state == .stable, session.isNegotiationNeeded, let offer = session.makeOffer()
        else {
            return []
        }
        return gatherOnce() + [.send(.description(SignalDescription(type: .offer, sdp: offer.text)))]
    }

    /// Asks for new paths through the network (RFC 8445 §9).
    package mutating func restartICE() -> [Action] {
        guard session.agreement?.transport != nil else { return [] }
        session.wantsICERestart = true
        return negotiateIfNeeded()
    }

    /// Says again what may have been lost with the signalling connection: an open offer, and our candidates.
    package mutating func handleSignallingRestored() -> [Action] {
        guard session.state == .haveLocalOffer, let offer = session.localDescription else { return announceAll() }
        return [.send(.description(SignalDescription(type: .offer, sdp: offer.text)))] + announceAll()
    }

    private mutating func gatherOnce() -> [Action] {
        guard !hasGathered else { return [] }
        hasGathered = true
        return [.gather(session.credentials)]
    }
}

// Our candidates.
extension Negotiation {
    /// A candidate that the agent found.
    package mutating func addLocalCandidate(_ candidate: ICECandidate) -> [Action] {
        session.localCandidates.append(candidate)
        return announce(candidate.text)
    }

    /// The agent has no more.
    package mutating func localCandidatesDone() -> [Action] {
        session.localCandidatesDone = true
        return announce("")
    }

    private mutating func announce(_ text: String) -> [Action] {
        guard let (mid, index) = session.localTransport else { return [] }
        announcedMid = mid
        return [
            .send(
                .candidate(
                    SignalCandidate(
                        candidate: text, sdpMid: mid, sdpMLineIndex: index, usernameFragment: session.credentials.ufrag)
                ))
        ]
    }

    private mutating func announceAll() -> [Action] {
        var actions: [Action] = []
        for candidate in session.localCandidates { actions += announce(candidate.text) }
        if session.localCandidatesDone { actions += announce("") }
        return actions
    }
}

// What the peer says.
extension Negotiation {
    package mutating func receive(_ signal: Signal) -> [Action] {
        switch signal {
        case .description(let description): receive(description)
        case .candidate(let candidate): receive(candidate)
        }
    }

    package mutating func receive(_ description: SignalDescription) -> [Action] {
        switch description.type {
        case .offer: return receiveOffer(description.sdp)
        case .answer: return receiveAnswer(description.sdp)
        case .pranswer, .rollback:
            // A provisional answer is followed by the final one; a rollback is never sent.
            counters.ignoredDescriptions += 1
            return []
        }
    }

    private mutating func receiveOffer(_ text: String) -> [Action] {
        let collides = session.state != .stable
        isIgnoringOffer = collides && !isPolite
        guard !isIgnoringOffer else {
            counters.ignoredOffers += 1
            return []
        }
        var next = session
        let answer: SessionDescription
        do {
            let offer = try next.parse(text)
            next.rollback()
            try next.setRemoteOffer(offer)
            answer = try next.makeAnswer()
        } catch {
            return fail(error)
        }
        let before = session.agreement
        session = next
        let sent = Action.send(.description(SignalDescription(type: .answer, sdp: answer.text)))
        return gatherOnce() + [sent] + conclude(before)
    }

    private mutating func receiveAnswer(_ text: String) -> [Action] {
        guard session.state == .haveLocalOffer else {
            counters.ignoredDescriptions += 1
            return []
        }
        isIgnoringOffer = false
        var next = session
        do {
            try next.setRemoteAnswer(try next.parse(text))
        } catch {
            return fail(error)
        }
        let before = session.agreement
        session = next
        return conclude(before)
    }

    private mutating func fail(_ error: NegotiationError) -> [Action] {
        counters.failures += 1
        return [.failed(error)]
    }

    private mutating func receive(_ candidate: SignalCandidate?) -> [Action] {
        guard !isIgnoringOffer else {
            counters.ignoredCandidates += 1
            return []
        }
        guard let transport = session.agreement?.transport else {
            remoteCandidates.hold(candidate)
            return []
        }
        return pass(candidate, to: transport)
    }

    private mutating func pass(_ candidate: SignalCandidate?, to transport: TransportParameters) -> [Action] {
        guard let candidate, !candidate.candidate.isEmpty else {
            return remoteCandidates.finish(candidate, of: transport) ? [.remoteCandidatesDone] : []
        }
        return remoteCandidates.admit(candidate, to: transport).map { [.addRemoteCandidate($0)] } ?? []
    }
}

// What follows from an agreement.
extension Negotiation {
    /// Tells the owner what an offer and its answer changed.
    private mutating func conclude(_ before: JSEPSession.Agreement?) -> [Action] {
        guard let agreement = session.agreement else { return [] }
        var actions: [Action] = []
        if let transport = agreement.transport {
            actions += concludeTransport(transport, before?.transport, weOffered: agreement.weOffered)
        }
        if agreement.sections != before?.sections ?? [] { actions.append(.configureMedia(agreement.sections)) }
        if let sctp = agreement.sctp, sctp != before?.sctp { actions.append(.configureSCTP(sctp)) }
        mayOffer = true
        return actions + negotiateIfNeeded()
    }

    private mutating func concludeTransport(
        _ transport: TransportParameters, _ before: TransportParameters?, weOffered: Bool
    ) -> [Action] {
        var actions: [Action] = []
        if before == nil { isInitialOfferer = weOffered }
        if before == nil || before?.remoteFingerprints != transport.remoteFingerprints {
            actions.append(.setDTLS(role: transport.dtlsRole, fingerprints: transport.remoteFingerprints))
        }
        if let before, before.localCredentials != transport.localCredentials {
            actions.append(.restartICE(transport.localCredentials))
        }
        if before?.remoteCredentials != transport.remoteCredentials
            || before?.localCredentials != transport.localCredentials
        {
            remoteCandidates.restart()
            actions.append(.startICE(remote: transport.remoteCredentials, role: iceRole(transport)))
        }
        for candidate in transport.remoteCandidates where remoteCandidates.add(candidate) {
            actions.append(.addRemoteCandidate(candidate))
        }
        for candidate in remoteCandidates.takeEarly() { actions += pass(candidate, to: transport) }
        if transport.remoteCandidatesDone, remoteCandidates.finish() { actions.append(.remoteCandidatesDone) }
        if let announcedMid, announcedMid != transport.mid { actions += announceAll() }
        return actions
    }

    /// The initial offerer chooses, but a full agent always chooses over a lite one (RFC 8445 §6.1.1). Kept for life.
    private mutating func iceRole(_ transport: TransportParameters) -> ICERole {
        if let role { return role }
        let chosen: ICERole
        if session.configuration.isICELite {
            chosen = transport.remoteIsLite && isInitialOfferer == true ? .controlling : .controlled
        } else {
            chosen = transport.remoteIsLite || isInitialOfferer == true ? .controlling : .controlled
        }
        role = chosen
        return chosen
    }
}

extension JSEPSession {
    func parse(_ text: String) throws(NegotiationError) -> SessionDescription {
        do {
            return try SessionDescription(parsing: text, limits: configuration.limits)
        } catch {
            throw .unreadable(error)
        }
    }

    /// The section that our candidates belong to; nil before there is a description of ours.
    fileprivate var localTransport: (mid: String, index: Int)? {
        if let transport = agreement?.transport { return (transport.mid, transport.index) }
        guard let local = localDescription, let index = local.transportIndex else { return nil }
        return (slots[index].mid, index)
    }
}
