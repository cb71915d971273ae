import SDP
import Signalling

/// The peer's candidates on their way to the ICE agent: held back until a description tells what they belong to, then
/// filtered and counted.
struct RemoteCandidates: Sendable {
    /// More are dropped: an honest peer has a few for each of its addresses.
    static let limit = 128

    private var early: [SignalCandidate?] = []
    private var known: Set<ICECandidate> = []
    private var isDone = false
    /// Those that were of no use: unreadable, of another generation or section, or too many.
    private(set) var dropped = 0

    /// Keeps a candidate that came before any description.
    mutating func hold(_ candidate: SignalCandidate?) {
        guard early.count < Self.limit else {
            dropped += 1
            return
        }
        early.append(candidate)
    }

    mutating func takeEarly() -> [SignalCandidate?] {
        defer { early = [] }
        return early
    }

    /// New credentials: what was known belongs to the past.
    mutating func restart() {
        known = []
        isDone = false
    }

    /// True where the agent should hear of it.
    mutating func add(_ candidate: ICECandidate) -> Bool {
        guard candidate.component == 1, known.count < Self.limit else {
            dropped += 1
            return false
        }
        var bare = candidate
        bare.ufrag = nil
        return known.insert(bare).inserted
    }

    /// The candidate as the agent needs it, or nil where it is of no use.
    mutating func admit(_ candidate: SignalCandidate, to transport: TransportParameters) -> ICECandidate? {
        guard let parsed = try? ICECandidate(candidate.candidate), belongs(candidate, parsed, transport) else {
            dropped += 1
            return nil
        }
        return add(parsed) ? parsed : nil
    }

    /// True the first time the peer says that it has no more.
    mutating func finish(_ candidate: SignalCandidate?, of transport: TransportParameters) -> Bool {
        if let candidate, !belongs(candidate, nil, transport) { return false }
        return finish()
    }

    mutating func finish() -> Bool {
        defer { isDone = true }
        return !isDone
    }

    /// A peer that bundles only with the answer gathers for other sections too; those addresses will be closed.
    private func belongs(
        _ candidate: SignalCandidate, _ parsed: ICECandidate?, _ transport: TransportParameters
    ) -> Bool {
        if let mid = candidate.sdpMid {
            guard mid == transport.mid else { return false }
        } else if let index = candidate.sdpMLineIndex {
            guard index == transport.index else { return false }
        }
        let ufrag = candidate.usernameFragment ?? parsed?.ufrag
        return ufrag == nil || ufrag == transport.remoteCredentials.ufrag
    }
}
