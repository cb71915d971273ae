import Primitives
import Signalling

/// A client's side of WHIP (RFC 9725) and WHEP: when to offer, what the endpoint's answers mean, when to try again.
///
/// Both are the same exchange: an offer is posted, the answer comes with the address of the session, more candidates go
/// there by PATCH, DELETE ends it. A session whose media are gone is deleted and made anew.
package struct LiveStreamSession: Sendable {
    /// One HTTP request; `url` is absolute.
    package struct Request: Hashable, Sendable {
        package var method: String
        package var url: String
        package var headers: [String: String]
        package var body: String
    }

    package enum Action: Hashable, Sendable {
        /// Make a new connection, drop the old one, and hand in its offer.
        case connect
        case send(Request)
        case accept(answer: String)
        /// The endpoint names servers; they are used from the next connection on.
        case useICEServers([ICEServer])
        case reconnecting(attempt: Int)
        case reconnected(after: Duration)
        case ended(End)
    }

    package enum End: Hashable, Sendable {
        case asked
        /// The endpoint cannot be reached, or has no such stream.
        case unavailable(String)
        case notAllowed(String)
        /// It worked, and does not any more.
        case lost(String)
    }

    /// What an endpoint answered, or that it did not.
    package enum Outcome: Sendable {
        /// `location` is absolute; `retryAfter` in seconds.
        case answer(
            status: Int, location: String?, etag: String?, links: [String], retryAfter: Int?, body: String,
            explanation: String)
        case failed(String)
    }

    private enum State: Hashable, Sendable {
        case idle
        case preparing
        /// The offer is on its way to `url`.
        case posting(url: String, redirects: Int)
        case open
        case waiting(until: Instant)
        case ended
    }

    private let endpoint: String
    private let token: String?
    private var state = State.idle
    private var resource: String?
    private var etag: String?
    private var offer = ""
    private var fragments: [String] = []
    private var takesFragments = true
    private var attempt = 0
    private var wasConnected = false
    /// Since when there are no media.
    private var troubleSince: Instant?

    private static let maximumRedirects = 5
    /// How long a stream that worked is tried to be got back.
    private static let patience = Duration.seconds(60)
    private static let longestPause: Int64 = 15

    package init(endpoint: String, token: String?) {
        self.endpoint = endpoint
        self.token = token
    }

    package var nextDeadline: Instant? {
        if case .waiting(let until) = state { until } else { nil }
    }

    package mutating func start(now: Instant) -> [Action] {
        guard state == .idle else { return [] }
        state = .preparing
        return [.connect]
    }

    package mutating func handleTimeout(now: Instant) -> [Action] {
        guard case .waiting(let until) = state, until <= now else { return [] }
        state = .preparing
        return [.connect]
    }

    // MARK: What the connection tells

    /// The connection's offer, with the candidates that it has.
    package mutating func post(offer: String) -> [Action] {
        guard state == .preparing else { return [] }
        self.offer = offer
        state = .posting(url: endpoint, redirects: 0)
        fragments = []
        takesFragments = true
        return [.send(request("POST", endpoint, type: "application/sdp", offer))]
    }

    /// Candidates found after the offer went out, as a trickle fragment.
    package mutating func trickle(_ fragment: String) -> [Action] {
        fragments.append(fragment)
        return sendFragments()
    }

    package mutating func handleConnected(now: Instant) -> [Action] {
        guard state == .open else { return [] }
        defer { troubleSince = nil }
        attempt = 0
        guard wasConnected, let since = troubleSince else {
            wasConnected = true
            return []
        }
        return [.reconnected(after: now - since)]
    }

    /// The connection is gone or never came about.
    package mutating func handleDisconnected(_ reason: String, now: Instant) -> [Action] {
        guard state == .open else { return [] }
        return delete() + retry(reason, after: nil, now: now)
    }

    package mutating func leave() -> [Action] {
        guard state != .ended else { return [] }
        let last = delete()
        state = .ended
        return last + [.ended(.asked)]
    }

    // MARK: What the endpoint tells

    /// The outcome of the POST.
    package mutating func handlePosted(_ outcome: Outcome, now: Instant) -> [Action] {
        guard case .posting(let url, let redirects) = state else { return abandon(outcome) }
        switch outcome {
        case .failed(let reason):
            return wasConnected ? retry(reason, after: nil, now: now) : end(.unavailable(reason))
        case .answer(201, let location, let etag, let links, _, let body, _):
            return accept(location, etag, links, body)
        case .answer(307, let location?, _, _, _, _, _), .answer(308, let location?, _, _, _, _, _):
            return redirect(from: url, to: location, redirects)
        case .answer(401, _, _, _, _, _, let why), .answer(403, _, _, _, _, _, let why): return end(.notAllowed(why))
        case .answer(let status, _, _, _, let after, _, let why):
            // An empty room (409) and an overloaded server (503) say when to come again.
            if after != nil || (wasConnected && status >= 500) { return retry(why, after: after, now: now) }
            return end(.unavailable(why))
        }
    }

    /// The outcome of a PATCH: an endpoint that takes no candidates has those of the offer.
    package mutating func handleTrickled(_ outcome: Outcome) {
        if case .answer(let status, _, let newTag, _, _, _, _) = outcome, 200..<300 ~= status {
            if let newTag { etag = newTag }
        } else {
            takesFragments = false
        }
    }

    private mutating func accept(_ location: String?, _ etag: String?, _ links: [String], _ answer: String) -> [Action]
    {
        guard let location else { return end(.unavailable("the endpoint does not say where its session is")) }
        resource = location
        self.etag = etag
        state = .open
        let servers = LinkHeader.iceServers(links)
        return (servers.isEmpty ? [] : [.useICEServers(servers)]) + [.accept(answer: answer)] + sendFragments()
    }

    private mutating func redirect(from url: String, to location: String, _ redirects: Int) -> [Action] {
        guard redirects < Self.maximumRedirects else { return end(.unavailable("too many redirections")) }
        // A token that came by TLS must not go on in the clear.
        guard !url.hasPrefix("https:") || location.hasPrefix("https:") else {
            return end(.unavailable("the endpoint redirects to an address without TLS"))
        }
        state = .posting(url: location, redirects: redirects + 1)
        return [.send(request("POST", location, type: "application/sdp", offer))]
    }

    /// We left before the answer came: the session it opened is not wanted.
    private mutating func abandon(_ outcome: Outcome) -> [Action] {
        guard state == .ended, case .answer(201, let location?, _, _, _, _, _) = outcome else { return [] }
        return [.send(request("DELETE", location))]
    }

    private mutating func retry(_ reason: String, after seconds: Int?, now: Instant) -> [Action] {
        if troubleSince == nil { troubleSince = now }
        if wasConnected, let since = troubleSince, now - since > Self.patience { return end(.lost(reason)) }
        attempt += 1
        let pause = seconds.map(Int64.init) ?? min(Self.longestPause, 1 << Int64(min(attempt - 1, 4)))
        state = .waiting(until: now + .seconds(max(1, min(pause, 60))))
        return [.reconnecting(attempt: attempt)]
    }

    private mutating func end(_ end: End) -> [Action] {
        state = .ended
        return [.ended(end)]
    }

    private mutating func delete() -> [Action] {
        guard let old = resource else { return [] }
        resource = nil
        return [.send(request("DELETE", old))]
    }

    private mutating func sendFragments() -> [Action] {
        guard state == .open, let resource, takesFragments else { return [] }
        defer { fragments = [] }
        return fragments.map {
            var patch = request("PATCH", resource, type: "application/trickle-ice-sdpfrag", $0)
            if let etag { patch.headers["If-Match"] = etag }
            return .send(patch)
        }
    }

    private func request(_ method: String, _ url: String, type: String? = nil, _ body: String = "") -> Request {
        var headers: [String: String] = [:]
        if let type { headers["Content-Type"] = type }
        if let token { headers["Authorization"] = "Bearer \(token)" }
        return Request(method: method, url: url, headers: headers, body: body)
    }
}
