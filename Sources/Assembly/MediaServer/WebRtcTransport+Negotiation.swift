import PeerSession
import Primitives
import SDP
import SecureTransport

// Offers and answers.
extension WebRtcTransport {
    /// Answers an offer of the peer. An offer of ours that is still open is withdrawn.
    package func answer(_ offer: SessionDescription) throws(NegotiationError) -> SessionDescription {
        var next = session
        next.rollback()
        try next.setRemoteOffer(offer)
        let answer = try next.makeAnswer()
        session = next
        registerCredentials(of: answer)
        applyAgreement()
        return answer
    }

    /// Answers an offer in its text form.
    package func answer(_ offer: String) throws(NegotiationError) -> SessionDescription {
        try answer(try session.parse(offer))
    }

    /// An offer, or nil where one is open already; `isNegotiationNeeded` tells whether it says anything new.
    package func makeOffer() -> SessionDescription? {
        guard !isEnded, let offer = session.makeOffer() else { return nil }
        registerCredentials(of: offer)
        return offer
    }

    /// Takes the peer's answer to the open offer; without one nothing happens.
    package func accept(_ answer: SessionDescription) throws(NegotiationError) {
        guard session.state == .haveLocalOffer else { return }
        var next = session
        try next.setRemoteAnswer(answer)
        session = next
        applyAgreement()
    }

    package func accept(_ answer: String) throws(NegotiationError) {
        try accept(try session.parse(answer))
    }

    /// Whether consumers, data channels or a restart wait for an offer of ours.
    package var isNegotiationNeeded: Bool { session.state == .stable && session.isNegotiationNeeded && !isEnded }

    /// Whether the peer owes us an answer.
    package var isWaitingForAnswer: Bool { session.state == .haveLocalOffer }

    /// The next offer asks for new paths through the network; DTLS, SRTP and SCTP stay.
    package func restartICE() { session.requestICERestart() }

    /// The peer's name in its newest description.
    package var remoteUfrag: String? { session.negotiatedTransport?.remoteCredentials.ufrag }
    package var localCredentials: ICECredentials? { session.negotiatedTransport?.localCredentials }

    /// Gives the peer what somebody publishes. It takes effect with the next answer that has a free section of the kind,
    /// or the next offer of ours. `stream` and `track` are what the peer will see as `msid`.
    package func consume(_ producer: Producer, stream: String? = nil, track: String? = nil) -> Consumer {
        let transceiver = session.addTransceiver(producer.kind, .sendonly, stream: stream, track: track)
        let consumer = Consumer(producer: producer, transport: self, transceiver: transceiver)
        add(consumer)
        producer.add(consumer)
        return consumer
    }
}

extension JSEPSession {
    /// Within the limits of this session.
    fileprivate func parse(_ text: String) throws(NegotiationError) -> SessionDescription {
        do {
            return try SessionDescription(parsing: text, limits: limits)
        } catch {
            throw .unreadable(error)
        }
    }
}

/// The system's randomness, fit for secrets.
struct SecureGenerator: RandomNumberGenerator, Sendable {
    mutating func next() -> UInt64 { secureRandom(8).reduce(0) { $0 << 8 | UInt64($1) } }
}
