import CNice
import Glibc
import Primitives
import Runtime

/// One ICE agent with one stream of one component (BUNDLE and rtcp-mux leave no more), by libnice.
///
/// Candidates are spoken as the text after `a=`, `candidate:…` (RFC 8839 §5.1).
@CallLoop
package final class ICEAgent {
    package enum State: Sendable {
        case new, gathering, connecting, connected, ready, failed
    }

    package enum Event: Sendable {
        case candidate(String)
        case gatheringDone
        case state(State)
        /// A datagram that is not STUN: DTLS, SRTP or SRTCP.
        case received([UInt8])
    }

    package struct Credentials: Sendable, Equatable {
        package var usernameFragment: String
        package var password: String

        package init(usernameFragment: String, password: String) {
            self.usernameFragment = usernameFragment
            self.password = password
        }
    }

    /// What the agent's sockets are. By TCP it connects to peers that wait for it (RFC 6544); no one connects to it.
    package enum Transport: Sendable {
        case udp, tcp
    }

    package private(set) var state = State.new
    /// Nil once closed, so that nothing can reach an agent that is gone.
    private var agent: OpaquePointer?
    private let stream: guint
    private let policy: ICEPolicy
    private let transport: Transport
    private let hasRelays: Bool
    private let handler: @CallLoop (Event) -> Void

    /// Candidates are made only after `gather()`. `handler` gets the events, on the loop.
    ///
    /// libnice takes consent (RFC 7675) for lost after 10 s, a constant in it, and then sends nothing more, so that a path
    /// which comes back is not found again. An owner that judges by authentic packets says `checksConsent: false`.
    package init(
        controlling: Bool, policy: ICEPolicy, servers: [ICEServerAddress], transport: Transport = .udp,
        includesLoopback: Bool = false, checksConsent: Bool = true, handler: @escaping @CallLoop (Event) -> Void
    ) {
        self.policy = policy
        self.transport = transport
        self.handler = handler
        hasRelays = servers.contains { $0.kind != .stun }
        let consent = checksConsent ? NICE_AGENT_OPTION_CONSENT_FRESHNESS.rawValue : 0
        let options = NICE_AGENT_OPTION_ICE_TRICKLE.rawValue | consent
        // GLib gives an object or ends the process.
        let agent = nice.agent_new_full(CallLoop.context, NICE_COMPATIBILITY_RFC5245, NiceAgentOption(options))!
        self.agent = agent
        confab_nice_set_bool(agent, "upnp", 0)
        confab_nice_set_bool(agent, "ice-udp", transport == .udp ? 1 : 0)
        confab_nice_set_bool(agent, "ice-tcp", transport == .tcp ? 1 : 0)
        confab_nice_set_bool(agent, "controlling-mode", controlling ? 1 : 0)
        confab_nice_set_bool(agent, "force-relay", policy == .relay ? 1 : 0)
        // RFC 8445 §14.2 allows 5 ms between checks; libnice's 20 ms costs a LAN call a visible part of its start.
        confab_nice_set_uint(agent, "stun-pacing-timer", 5)
        if let stun = servers.first(where: { $0.kind == .stun }) {
            confab_nice_set_string(agent, "stun-server", stun.address)
            confab_nice_set_uint(agent, "stun-server-port", guint(stun.port))
        }
        Self.addLoopback(agent, always: includesLoopback)
        stream = nice.agent_add_stream(agent, 1)
        for server in servers where server.kind != .stun {
            _ = nice.agent_set_relay_info(
                agent, stream, 1, server.address, guint(server.port), server.username, server.password,
                server.kind == .turnTCP ? NICE_RELAY_TYPE_TURN_TCP : NICE_RELAY_TYPE_TURN_UDP)
        }
        let context = Unmanaged.passUnretained(self).toOpaque()
        connectSignals(agent, context)
        _ = nice.agent_attach_recv(agent, stream, 1, CallLoop.context, receiveEntry, context)
    }

    isolated deinit { close() }

    /// Without any other address, calls within the machine still work (DESIGN: loopback where nothing else exists). libnice
    /// pairs loopback with loopback only, and once told of an address looks for no others by itself.
    private static func addLoopback(_ agent: OpaquePointer, always: Bool) {
        let others = nice.interfaces_get_local_ips(0)
        defer { confab_free_strings(others) }
        guard always || others == nil else { return }
        for text in ["127.0.0.1", "::1"] { add(text, to: agent) }
        var entry = others
        while let item = entry {
            if let text = item.pointee.data {
                add(String(cString: text.assumingMemoryBound(to: CChar.self)), to: agent)
            }
            entry = item.pointee.next
        }
    }

    private static func add(_ text: String, to agent: OpaquePointer) {
        var address = NiceAddress()
        nice.address_init(&address)
        if nice.address_set_from_string(&address, text) != 0 { _ = nice.agent_add_local_address(agent, &address) }
    }

    /// Whether packets can be sent.
    package var hasPath: Bool { agent != nil && (state == .connected || state == .ready) }

    package var localCredentials: Credentials {
        var fragment: UnsafeMutablePointer<gchar>?
        var password: UnsafeMutablePointer<gchar>?
        if let agent { _ = nice.agent_get_local_credentials(agent, stream, &fragment, &password) }
        defer {
            g_free(fragment)
            g_free(password)
        }
        guard let fragment, let password else { return .init(usernameFragment: "", password: "") }
        return .init(usernameFragment: String(cString: fragment), password: String(cString: password))
    }

    /// Has an effect before `gather()` only: libnice then leaves the role to ICE's own rule for conflicts, which never
    /// applies to a lite peer.
    package func setControlling(_ controlling: Bool) {
        if let agent { confab_nice_set_bool(agent, "controlling-mode", controlling ? 1 : 0) }
    }

    /// Uses `credentials` from now on, instead of those libnice made.
    package func setLocal(_ credentials: Credentials) {
        guard let agent else { return }
        _ = nice.agent_set_local_credentials(agent, stream, credentials.usernameFragment, credentials.password)
    }

    package func gather() {
        guard let agent else { return }
        update(.gathering)
        if nice.agent_gather_candidates(agent, stream) == 0 { update(.failed) }
    }

    package func setRemote(_ credentials: Credentials) {
        guard let agent else { return }
        _ = nice.agent_set_remote_credentials(agent, stream, credentials.usernameFragment, credentials.password)
    }

    /// False where the text is no candidate this agent can use (another transport or component, a peer that would connect
    /// to us).
    @discardableResult
    package func addRemote(candidate text: String) -> Bool {
        guard let agent, let candidate = nice.agent_parse_remote_candidate_sdp(agent, stream, "a=" + text) else {
            return false
        }
        let wanted = transport == .udp ? NICE_CANDIDATE_TRANSPORT_UDP : NICE_CANDIDATE_TRANSPORT_TCP_PASSIVE
        guard candidate.pointee.component_id == 1, candidate.pointee.transport == wanted else {
            nice.candidate_free(candidate)
            return false
        }
        let list = g_slist_append(nil, candidate)
        defer {
            g_slist_free(list)
            nice.candidate_free(candidate)
        }
        return nice.agent_set_remote_candidates(agent, stream, 1, list) > 0
    }

    /// The other side has no more candidates: without this a hopeless agent would wait for ever.
    package func remoteCandidatesDone() {
        if let agent { _ = nice.agent_peer_candidate_gathering_done(agent, stream) }
    }

    /// False where there is no pair to send on, or the kernel takes no more.
    @discardableResult
    package func send(_ datagram: [UInt8]) -> Bool {
        guard let agent else { return false }
        return datagram.withUnsafeBufferPointer { bytes in
            bytes.withMemoryRebound(to: gchar.self) {
                nice.agent_send(agent, stream, 1, guint($0.count), $0.baseAddress) == gint($0.count)
            }
        }
    }

    /// The own address of the selected pair, as text.
    package var selectedAddress: String? {
        var local: UnsafeMutablePointer<NiceCandidate>?
        var remote: UnsafeMutablePointer<NiceCandidate>?
        guard let agent, nice.agent_get_selected_pair(agent, stream, 1, &local, &remote) != 0, let local else {
            return nil
        }
        // The base address is the one of the socket (RFC 8445 §5.1.1): that of an interface.
        var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        nice.address_to_string(&local.pointee.base_addr, &text)
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// The kinds of the selected pair, `host/srflx`, for statistics.
    package var selectedPair: String? {
        var local: UnsafeMutablePointer<NiceCandidate>?
        var remote: UnsafeMutablePointer<NiceCandidate>?
        guard let agent, nice.agent_get_selected_pair(agent, stream, 1, &local, &remote) != 0, let local, let remote
        else { return nil }
        return "\(Self.name(local.pointee.type))/\(Self.name(remote.pointee.type))"
    }

    /// Nothing is told any more. Relays are asked to let go of what they hold for this agent.
    package func close() {
        guard let agent else { return }
        self.agent = nil
        confab_nice_disconnect(agent, Unmanaged.passUnretained(self).toOpaque())
        _ = nice.agent_attach_recv(agent, stream, 1, CallLoop.context, nil, nil)
        let hasRelays = hasRelays
        nonisolated(unsafe) let released = agent
        // Not from within one of the agent's own callbacks.
        CallLoop.post { if hasRelays { confab_nice_close(released) } else { confab_nice_unref(released) } }
    }

    private static func name(_ type: NiceCandidateType) -> String {
        switch type {
        case NICE_CANDIDATE_TYPE_HOST: "host"
        case NICE_CANDIDATE_TYPE_SERVER_REFLEXIVE: "srflx"
        case NICE_CANDIDATE_TYPE_PEER_REFLEXIVE: "prflx"
        default: "relay"
        }
    }

    // MARK: What libnice tells

    fileprivate func found(_ candidate: UnsafeMutablePointer<NiceCandidate>) {
        guard let agent, policy == .all || candidate.pointee.type == NICE_CANDIDATE_TYPE_RELAYED,
            let text = nice.agent_generate_local_candidate_sdp(agent, candidate)
        else { return }
        defer { g_free(text) }
        let line = String(cString: text)
        handler(.candidate(line.hasPrefix("a=") ? String(line.dropFirst(2)) : line))
    }

    fileprivate func gatheringDone() {
        handler(.gatheringDone)
    }

    fileprivate func changed(to raw: guint) {
        switch NiceComponentState(raw) {
        case NICE_COMPONENT_STATE_CONNECTING: update(.connecting)
        case NICE_COMPONENT_STATE_CONNECTED: update(.connected)
        case NICE_COMPONENT_STATE_READY:
            endIdleChecks()
            update(.ready)
        case NICE_COMPONENT_STATE_FAILED: update(.failed)
        default: break
        }
    }

    fileprivate func received(_ bytes: [UInt8]) {
        handler(.received(bytes))
    }

    /// With a pair chosen, libnice would go on looking at its check list each 5 ms until nothing has happened for 5 s.
    private func endIdleChecks() {
        if let agent { confab_nice_set_uint(agent, "idle-timeout", Self.idleMilliseconds) }
    }

    private static let idleMilliseconds: guint = 50

    private func update(_ new: State) {
        guard new != state else { return }
        state = new
        handler(.state(new))
    }
}

// MARK: C callbacks. libnice calls them on the loop, as its agents are attached to the loop's context.

private func with(_ context: gpointer?, _ body: @CallLoop (ICEAgent) -> Void) {
    guard let context else { return }
    let agent = Unmanaged<ICEAgent>.fromOpaque(context).takeUnretainedValue()
    CallLoop.assumeIsolated { body(agent) }
}

private func connectSignals(_ agent: OpaquePointer, _ context: UnsafeMutableRawPointer) {
    confab_nice_connect(
        agent,
        { _, candidate, context in
            nonisolated(unsafe) let candidate = candidate
            with(context) { if let candidate { $0.found(candidate) } }
        },
        { _, _, context in with(context) { $0.gatheringDone() } },
        { _, _, _, state, context in with(context) { $0.changed(to: state) } },
        context)
}

private func receiveEntry(
    _: OpaquePointer?, _: guint, _: guint, length: guint, bytes: UnsafeMutablePointer<gchar>?,
    context: gpointer?
) {
    guard let bytes, length > 0 else { return }
    let copy = bytes.withMemoryRebound(to: UInt8.self, capacity: Int(length)) {
        [UInt8](UnsafeBufferPointer(start: $0, count: Int(length)))
    }
    with(context) { $0.received(copy) }
}
