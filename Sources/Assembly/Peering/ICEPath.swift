import ICE
import Primitives
import Runtime
import SDP

/// The network path to one peer over ICE restarts.
///
/// Each restart is a new agent, because libnice keeps its sockets over a restart of its own: addresses of a network that
/// was joined meanwhile would never be found. The agent before stays until the new one has a pair, and a little longer
/// for what is still under way, so that a restart costs no packet.
///
/// A media server can be reached by TCP where the network lets no UDP through. An agent of its own tries that, and only
/// once UDP has been in vain for a while: whoever does not need it opens no port and no connection.
@CallLoop
final class ICEPath {
    enum Event: Sendable {
        case candidate(String)
        case gatheringDone
        /// Packets can be sent; told again with each improvement.
        case found
        /// No pair is left or was found.
        case lost
        case received([UInt8])
    }

    struct Configuration {
        var policy = ICEPolicy.all
        var servers: [ICEServerAddress] = []
        var includesLoopback = false
        var checksConsent = true
        /// Whether the peer's TCP candidates are used where UDP finds no pair.
        var fallsBackToTCP = false
    }

    /// How long the agent before takes packets once the new one has a pair.
    private static let overlap = Duration.seconds(2)
    /// How long UDP looks for a pair before TCP does, too (DESIGN §5).
    private static let patienceWithUDP = Duration.seconds(3)
    private static let maximumTCPCandidates = 8

    private let configuration: Configuration
    private let handler: @CallLoop (Event) -> Void
    private(set) var isControlling: Bool
    // Made at the end of `init`, as it needs a handler that reaches this object.
    private(set) var agent: ICEAgent!
    private(set) var previous: ICEAgent?
    /// The one that uses TCP.
    private(set) var fallback: ICEAgent?
    /// Which agent events belong to: each has a number of its own.
    private var lastNumber = 0
    private var agentNumber = 0
    private var fallbackNumber = 0
    private var retirement: LoopTimer!
    private var patience: LoopTimer!
    /// What a fallback needs to know.
    private var local: ICEAgent.Credentials?
    private var remote: ICEAgent.Credentials?
    private var tcpCandidates: [String] = []

    init(
        _ configuration: Configuration, controlling: Bool, handler: @escaping @CallLoop (Event) -> Void
    ) {
        self.configuration = configuration
        self.handler = handler
        isControlling = controlling
        agent = makeAgent(.udp)
        agentNumber = lastNumber
        retirement = LoopTimer { [weak self] _ in self?.retirePrevious() }
        patience = LoopTimer { [weak self] _ in self?.fallBack() }
    }

    isolated deinit { close() }

    private func makeAgent(_ transport: ICEAgent.Transport) -> ICEAgent {
        lastNumber += 1
        let number = lastNumber
        return ICEAgent(
            controlling: isControlling, policy: configuration.policy, servers: configuration.servers,
            transport: transport, includesLoopback: configuration.includesLoopback,
            checksConsent: configuration.checksConsent
        ) { [weak self] event in self?.handle(event, of: number) }
    }

    // MARK: Commands

    /// Whether packets can be sent.
    var isThere: Bool { current.hasPath }
    var selectedPair: String? { current.selectedPair }

    /// The own address that packets leave from.
    var selectedAddress: String? { current.selectedAddress }

    /// The one to send by.
    private var current: ICEAgent {
        if !agent.hasPath, let fallback, fallback.hasPath { return fallback }
        if !agent.hasPath, let previous, previous.hasPath { return previous }
        return agent
    }

    func setLocal(_ credentials: ICEAgent.Credentials) {
        local = credentials
        agent.setLocal(credentials)
    }

    func setRemote(_ credentials: ICEAgent.Credentials) {
        tcpCandidates = []
        remote = credentials
        agent.setRemote(credentials)
        if configuration.fallsBackToTCP, !isThere { patience.schedule(at: Clock.now() + Self.patienceWithUDP) }
    }

    func gather() { agent.gather() }

    func addRemote(candidate: String) {
        guard case .tcp(let type)? = (try? ICECandidate(candidate))?.transport else {
            agent.addRemote(candidate: candidate)
            return
        }
        guard type == .passive, tcpCandidates.count < Self.maximumTCPCandidates else { return }
        tcpCandidates.append(candidate)
        fallback?.addRemote(candidate: candidate)
    }

    func remoteCandidatesDone() { agent.remoteCandidatesDone() }

    /// Before `gather` only.
    func setControlling(_ controlling: Bool) {
        isControlling = controlling
        agent.setControlling(controlling)
    }

    /// Begins an ICE restart (RFC 8445 §9): new credentials, and candidates gathered anew.
    func restart(_ credentials: ICEAgent.Credentials) {
        guard !isClosed else { return }
        let working = isThere ? current : nil
        for old in [agent, fallback, previous] where old !== working { old?.close() }
        previous = working
        fallback = nil
        fallbackNumber = 0
        retirement.schedule(at: nil)
        patience.schedule(at: nil)
        local = credentials
        agent = makeAgent(.udp)
        agentNumber = lastNumber
        agent.setLocal(credentials)
        agent.gather()
    }

    /// False where there is no pair to send on, or the kernel takes no more.
    func send(_ datagram: [UInt8]) -> Bool { current.send(datagram) }

    private var isClosed = false

    func close() {
        guard !isClosed else { return }
        isClosed = true
        retirement.schedule(at: nil)
        patience.schedule(at: nil)
        retirePrevious()
        fallback?.close()
        agent.close()
    }

    private func retirePrevious() {
        previous?.close()
        previous = nil
    }

    // MARK: TCP

    private var canFallBack: Bool {
        configuration.fallsBackToTCP && configuration.policy == .all && fallback == nil && !tcpCandidates.isEmpty
    }

    private func fallBack() {
        guard !isClosed, !agent.hasPath, canFallBack, let local, let remote else { return }
        patience.schedule(at: nil)
        let agent = makeAgent(.tcp)
        fallback = agent
        fallbackNumber = lastNumber
        agent.setLocal(local)
        agent.gather()
        agent.setRemote(remote)
        for candidate in tcpCandidates { agent.addRemote(candidate: candidate) }
        agent.remoteCandidatesDone()
    }

    // MARK: Events

    private func handle(_ event: ICEAgent.Event, of number: Int) {
        guard !isClosed else { return }
        let isNewest = number == agentNumber
        switch event {
        case .received(let datagram): handler(.received(datagram))
        case .candidate(let text): if isNewest { handler(.candidate(text)) }
        case .gatheringDone: if isNewest { handler(.gatheringDone) }
        case .state(let state):
            switch number {
            case agentNumber: changed(to: state)
            case fallbackNumber: fallbackChanged(to: state)
            default: previousChanged(to: state)
            }
        }
    }

    private func changed(to state: ICEAgent.State) {
        switch state {
        case .connected, .ready:
            patience.schedule(at: nil)
            if previous != nil || fallback != nil { retirement.schedule(at: Clock.now() + Self.overlap) }
            if let fallback {
                retirePrevious()
                previous = fallback
                self.fallback = nil
                fallbackNumber = 0
            }
            handler(.found)
        case .failed:
            if canFallBack, previous == nil { fallBack() }
            tellIfLost()
        case .new, .gathering, .connecting: break
        }
    }

    private func fallbackChanged(to state: ICEAgent.State) {
        switch state {
        case .connected, .ready:
            if previous != nil { retirement.schedule(at: Clock.now() + Self.overlap) }
            handler(.found)
        case .failed: tellIfLost()
        case .new, .gathering, .connecting: break
        }
    }

    /// What the new agents found or did not find counts; until then the one before may still do.
    private func previousChanged(to state: ICEAgent.State) {
        guard state == .failed, previous != nil else { return }
        retirePrevious()
        tellIfLost()
    }

    private func tellIfLost() {
        let mayStillFind = fallback.map { $0.state != .failed } ?? false
        if agent.state == .failed, !mayStillFind, previous == nil { handler(.lost) }
    }
}
