import COpenSSL
import Primitives

/// Which side of the handshake one is (RFC 5763 §5: `active` is the client, `passive` the server).
package enum DTLSRole: Sendable {
    case client, server
}

/// Why a DTLS connection did not come about or ended.
package enum DTLSFailure: Error, Equatable, Sendable {
    /// The peer's certificate is not the one that signalling announced. It has been told so by an alert.
    case fingerprintMismatch
    /// The peer does not know `use_srtp`, or none of our profiles.
    case noSRTPProfile
    /// No answer to any of twelve transmissions.
    case timedOut
    /// The peer sent a fatal alert, named as in RFC 5246 §7.2.
    case refusedByPeer(alert: String)
    /// Anything else, in OpenSSL's words.
    case handshake(String)
}

/// One end of DTLS 1.2 with SRTP keys (RFC 5764), over datagrams in memory.
///
/// The peer is known by the fingerprint of its certificate, compared inside the handshake: before that, no key is
/// exported and no data are handed out. Use: `start`, then `receive` each datagram and `handleTimeout` at
/// `nextDeadline`; after each of them drain `pollTransmit` and `pollReceived` and look at `state`.
///
/// Retransmission runs on OpenSSL's own clock: `now` only places its deadline on the caller's, so time must be real.
/// Used by one thread at a time.
package final class DTLSEndpoint {
    package enum State: Equatable, Sendable {
        /// Made, but `start` was not called.
        case idle
        case handshaking
        case connected(SRTPKeys)
        case failed(DTLSFailure)
        /// By `close`, or by the peer's close_notify.
        case closed
    }

    /// Both may change until `start`: signalling decides them late.
    package var role: DTLSRole
    package var expectedFingerprints: [CertificateFingerprint]

    package private(set) var state = State.idle
    /// When `handleTimeout` has something to do.
    package private(set) var nextDeadline: Instant?
    /// Application data that came while `pollReceived` was not called often enough.
    package private(set) var receivedDropped = 0

    private let link: DatagramBIO
    private let verifier = PeerVerifier()
    private let context: DTLSContext
    private let ssl: OpaquePointer
    private var received = Queue<[UInt8]>()
    /// OpenSSL's record buffers were given back.
    private var isResting = false

    private static let receivedCapacity = 1024

    /// `profiles` are offered or accepted in this order (GCM first: libsrtp does it four times as fast); `mtu` bounds
    /// the datagrams of the handshake, in bytes.
    package convenience init(
        certificate: Certificate, role: DTLSRole, expectedFingerprints: [CertificateFingerprint] = [],
        profiles: [SRTPProfile] = DTLSContext.allProfiles, mtu: Int = 1200
    ) throws(DTLSFailure) {
        let context = try DTLSContext(certificate: certificate, profiles: profiles)
        try self.init(context: context, role: role, expectedFingerprints: expectedFingerprints, mtu: mtu)
    }

    /// For many endpoints with the same certificate, which then share what they have in common.
    package init(
        context: DTLSContext, role: DTLSRole, expectedFingerprints: [CertificateFingerprint] = [], mtu: Int = 1200
    ) throws(DTLSFailure) {
        self.role = role
        self.expectedFingerprints = expectedFingerprints
        self.context = context
        link = DatagramBIO(mtu: mtu)
        guard let ssl = SSL_new(context.pointer), let bio = link.makeBIO() else {
            throw .handshake(OpenSSLErrors.takeDescription())
        }
        self.ssl = ssl
        verifier.attach(to: ssl)
        SSL_set_bio(ssl, bio, bio)
        confab_dtls_set_link_mtu(ssl, mtu)
        DTLS_set_timer_cb(ssl) { _, previous in retransmissionTimeout(after: previous) }
    }

    deinit { SSL_free(ssl) }

    /// Begins: a client's first flight is then ready to be sent.
    package func start(now: Instant) {
        guard state == .idle else { return }
        verifier.expected = expectedFingerprints
        state = .handshaking
        switch role {
        case .client: SSL_set_connect_state(ssl)
        case .server: SSL_set_accept_state(ssl)
        }
        advance(now: now)
    }

    /// Takes a datagram whose first byte is 20...63 (RFC 7983). Before `start` it is dropped: a ClientHello that is
    /// ahead of signalling is the caller's to hold.
    package func receive(_ datagram: [UInt8], now: Instant) {
        guard isOpen, !datagram.isEmpty else { return }
        wake()
        link.offer(datagram)
        advance(now: now)
    }

    /// Sends the last flight again where its time has come.
    package func handleTimeout(now: Instant) {
        guard isOpen, let deadline = nextDeadline, now >= deadline else { return }
        wake()
        OpenSSLErrors.clear()
        if confab_dtls_handle_timeout(ssl) < 0 {
            fail(.timedOut)
        }
        updateDeadline(now: now)
    }

    /// The next datagram for the peer.
    package func pollTransmit() -> [UInt8]? { link.pollOutgoing() }

    /// Protects one message (an SCTP packet). False, and nothing done, unless connected.
    @discardableResult
    package func send(_ data: [UInt8]) -> Bool {
        guard case .connected = state, !data.isEmpty else { return false }
        wake()
        OpenSSLErrors.clear()
        return SSL_write(ssl, data, Int32(data.count)) == Int32(data.count)
    }

    /// Gives back the 33 KB that OpenSSL keeps for records, once the keys are exported and nothing else is expected; they
    /// come back by themselves when something happens. A server has hundreds of connections that only wait for the end.
    package func rest() {
        guard case .connected = state, !isResting else { return }
        isResting = SSL_free_buffers(ssl) == 1
    }

    private func wake() {
        guard isResting else { return }
        isResting = false
        SSL_alloc_buffers(ssl)
    }

    /// The next message of the peer.
    package func pollReceived() -> [UInt8]? { received.popFirst() }

    /// Tells the peer (close_notify) and ends. The alert is to be fetched by `pollTransmit`.
    package func close() {
        if case .connected = state {
            wake()
            OpenSSLErrors.clear()
            SSL_shutdown(ssl)
        }
        if isOpen || state == .idle { end(.closed) }
    }
}

// MARK: - Driving OpenSSL

extension DTLSEndpoint {
    private var isOpen: Bool {
        switch state {
        case .handshaking, .connected: true
        case .idle, .failed, .closed: false
        }
    }

    private func advance(now: Instant) {
        if state == .handshaking { continueHandshake() }
        if case .connected = state { readAll() }
        updateDeadline(now: now)
    }

    private func continueHandshake() {
        OpenSSLErrors.clear()
        let result = SSL_do_handshake(ssl)
        if result == 1 { return finishHandshake() }
        let error = SSL_get_error(ssl, result)
        if error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE { fail(reasonOfFailure()) }
    }

    private func finishHandshake() {
        guard let chosen = SSL_get_selected_srtp_profile(ssl), let profile = SRTPProfile(identifier: chosen.pointee.id)
        else {
            SSL_shutdown(ssl)
            return fail(.noSRTPProfile)
        }
        precondition(verifier.outcome == .matched, "OpenSSL completes no handshake without the peer's certificate")
        var block = [UInt8](repeating: 0, count: 2 * (profile.keyLength + profile.saltLength))
        let label = "EXTRACTOR-dtls_srtp"  // RFC 5764 §4.2
        let done = SSL_export_keying_material(ssl, &block, block.count, label, label.utf8.count, nil, 0, 0)
        guard done == 1 else { return fail(.handshake(OpenSSLErrors.takeDescription())) }
        state = .connected(SRTPKeys(profile: profile, block: block, isClient: role == .client))
    }

    /// Also answers a repeated last flight of a peer that did not get ours.
    private func readAll() {
        var buffer = [UInt8](repeating: 0, count: Int(SSL3_RT_MAX_PLAIN_LENGTH))
        while true {
            OpenSSLErrors.clear()
            let count = SSL_read(ssl, &buffer, Int32(buffer.count))
            if count > 0 {
                keep(Array(buffer[..<Int(count)]))
                continue
            }
            switch SSL_get_error(ssl, count) {
            case SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE: return
            case SSL_ERROR_ZERO_RETURN:
                SSL_shutdown(ssl)
                return end(.closed)
            default: return fail(reasonOfFailure())
            }
        }
    }

    private func keep(_ message: [UInt8]) {
        guard received.count < Self.receivedCapacity else {
            receivedDropped += 1
            return
        }
        received.append(message)
    }

    private func reasonOfFailure() -> DTLSFailure {
        if verifier.outcome == .mismatched { return .fingerprintMismatch }
        if let alert = OpenSSLErrors.receivedAlert() {
            return .refusedByPeer(alert: String(cString: SSL_alert_desc_string_long(Int32(alert))))
        }
        return .handshake(OpenSSLErrors.takeDescription())
    }

    private func fail(_ reason: DTLSFailure) { end(.failed(reason)) }

    private func end(_ final: State) {
        state = final
        nextDeadline = nil
        OpenSSLErrors.clear()
    }

    private func updateDeadline(now: Instant) {
        let left = isOpen ? confab_dtls_timeout(ssl) : -1
        nextDeadline = left < 0 ? nil : now + .microseconds(left)
    }
}

/// The time to wait for an answer, in microseconds: 100 ms at first instead of OpenSSL's second, because a call is
/// joined by someone who waits; then doubled, up to 3.2 s.
private func retransmissionTimeout(after previous: UInt32) -> UInt32 {
    previous == 0 ? 100_000 : min(previous &* 2, 3_200_000)
}
