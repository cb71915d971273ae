import PeerSession
import Primitives
import SDP
import Signalling

let fingerprint = Fingerprint(sha256: (0..<32).map { UInt8($0) })!  // 32 bytes are the right length

func configuration(_ change: (inout JSEPSession.Configuration) -> Void = { _ in }) -> JSEPSession.Configuration {
    var configuration = JSEPSession.Configuration(fingerprint: fingerprint)
    change(&configuration)
    return configuration
}

func candidate(_ number: Int) -> ICECandidate {
    let endpoint = ICECandidate.Endpoint("192.0.2.\(number % 250)", UInt16(40_000 + number))
    return ICECandidate(foundation: String(number), priority: 2_130_706_431, endpoint: endpoint, kind: .host)
}

/// A negotiation with what its owner would keep: an ICE agent, the last media configuration, and what was sent.
struct Peer {
    var negotiation: Negotiation
    var outbox: [Signal] = []
    var failures: [NegotiationError] = []
    var media: [NegotiatedSection] = []
    var sctp: SCTPParameters?
    var dtls: DTLSRole?
    var role: ICERole?
    var local: ICECredentials?
    var remote: ICECredentials?
    var localCandidates: [ICECandidate] = []
    var remoteCandidates: Set<String> = []
    var remoteDone = false
    var restarts = 0

    init(
        polite: Bool, seed: UInt64, _ configuration: JSEPSession.Configuration = configuration(),
        kinds: [Transceiver.Kind] = [.audio, .video]
    ) {
        negotiation = Negotiation(
            configuration: configuration, isPolite: polite, random: SeededGenerator(seed: seed))
        for kind in kinds { negotiation.addTransceiver(kind, .sendrecv) }
    }

    mutating func run(_ actions: [Negotiation.Action]) {
        for action in actions { run(action) }
    }

    private mutating func run(_ action: Negotiation.Action) {
        switch action {
        case .send(let signal): outbox.append(signal)
        case .gather(let credentials): local = credentials
        case .restartICE(let credentials):
            restarts += 1
            local = credentials
            remoteCandidates = []
            remoteDone = false
            for candidate in localCandidates { run(negotiation.addLocalCandidate(candidate)) }
        case .startICE(let credentials, let role):
            remote = credentials
            self.role = role
        case .addRemoteCandidate(let candidate): remoteCandidates.insert(candidate.endpoint.address)
        case .remoteCandidatesDone: remoteDone = true
        case .setDTLS(let role, _): dtls = role
        case .configureMedia(let sections): media = sections
        case .configureSCTP(let parameters): sctp = parameters
        case .failed(let error): failures.append(error)
        }
    }

    mutating func find(_ number: Int) {
        localCandidates.append(candidate(number))
        run(negotiation.addLocalCandidate(candidate(number)))
    }

    var sentDescriptions: [SignalDescription] {
        outbox.compactMap { if case .description(let description) = $0 { description } else { nil } }
    }

    var state: JSEPSession.State { negotiation.session.state }
}

/// Two peers and the signals under way between them, in order in each direction.
struct PeerPair {
    /// Polite, and the first to offer.
    var a: Peer
    var b: Peer
    private var sentByA = 0
    private var sentByB = 0

    init(_ a: Peer = Peer(polite: true, seed: 1), _ b: Peer = Peer(polite: false, seed: 2)) {
        self.a = a
        self.b = b
    }

    var aHasNews: Bool { sentByB < b.outbox.count }
    var bHasNews: Bool { sentByA < a.outbox.count }

    mutating func deliverToA() {
        a.run(a.negotiation.receive(b.outbox[sentByB]))
        sentByB += 1
    }

    mutating func deliverToB() {
        b.run(b.negotiation.receive(a.outbox[sentByA]))
        sentByA += 1
    }

    /// Signals under way are lost.
    mutating func loseSignals() {
        sentByA = a.outbox.count
        sentByB = b.outbox.count
    }

    mutating func settle() {
        var rounds = 0
        while aHasNews || bHasNews {
            if bHasNews { deliverToB() } else { deliverToA() }
            rounds += 1
            precondition(rounds < 1_000, "the peers never stop talking")
        }
    }

    mutating func connect() {
        a.run(a.negotiation.start(asOfferer: true))
        b.run(b.negotiation.start(asOfferer: false))
        settle()
    }
}
