import Primitives

/// Judges by what arrives whether a peer can still be reached, and whether it may still be sent to.
///
/// A peer in a call always has something to say: sound or, where nobody speaks, reports every second or so. Three seconds
/// without any authentic packet are therefore a broken path. After thirty the peer's consent has run out and nothing more
/// is sent (RFC 7675 §5.1 gives the same time to its checks; an authentic SRTP, SRTCP or DTLS packet proves more than
/// one of those, as only the peer has the keys). Until then sending goes on, so that a path which comes back is found at
/// once, without anybody's help.
package struct PathHealth: Sendable {
    package enum Change: Equatable, Sendable {
        /// Nothing has come for a while.
        case silent
        /// Something has come after `silent`.
        case alive
    }

    private static let silentAfter = Duration.seconds(3)
    private static let consentTime = Duration.seconds(30)
    /// Who looks later than this was asleep or starved; what came meanwhile lies unread, and is waited for.
    private static let lateness = Duration.milliseconds(300)

    /// When the last authentic packet came; nil until `begin`.
    private var lastArrival: Instant?
    private var consentUntil: Instant?
    /// Until when unread packets are waited for.
    private var grace: Instant?
    package private(set) var isSilent = false
    package private(set) var maySend = true

    package init() {}

    /// Watches from now on: the path was just proven.
    package mutating func begin(now: Instant) {
        lastArrival = now
        grant(now: now)
    }

    /// A new path was agreed upon and checked: consent counts from now.
    package mutating func grant(now: Instant) {
        guard lastArrival != nil else { return }
        consentUntil = now + Self.consentTime
        maySend = true
    }

    /// An authentic packet of the peer.
    package mutating func received(now: Instant) -> Change? {
        guard lastArrival != nil else { return nil }
        lastArrival = now
        grace = nil
        consentUntil = now + Self.consentTime
        maySend = true
        guard isSilent else { return nil }
        isSilent = false
        return .alive
    }

    package var nextDeadline: Instant? {
        guard let lastArrival else { return nil }
        return earliest(isSilent ? nil : grace ?? lastArrival + Self.silentAfter, maySend ? consentUntil : nil)
    }

    package mutating func handleTimeout(now: Instant) -> Change? {
        guard let lastArrival else { return nil }
        if let consentUntil, consentUntil <= now { maySend = false }
        let due = lastArrival + Self.silentAfter
        guard !isSilent, now >= due else { return nil }
        if grace == nil, now - due > Self.lateness { grace = now + Self.lateness }
        if let grace, now < grace { return nil }
        isSilent = true
        grace = nil
        return .silent
    }
}
