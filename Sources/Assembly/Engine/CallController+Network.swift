import Call
import Primitives
import Runtime
import Streams

// The network under the call: it may change, and it may not let everything through.
extension CallController {
    private static let checkInterval = Duration.seconds(1)

    func watchNetwork() {
        networkWatch = NetworkWatch { [weak self] change in self?.networkChanged(change) }
        connectionsDueAt = Clock.now() + Self.checkInterval
    }

    private func networkChanged(_ change: NetworkWatch.Change) {
        guard phase == .inCall else { return }
        log.info(
            "the network has changed",
            metadata: ["before": "\(change.before.sorted())", "now": "\(change.now.sorted())"])
        guard change.isOnline else { return }
        let now = Clock.now()
        // Additional addresses harm no connection; whatever was lost, or leads elsewhere, is made anew.
        let isDisturbed = change.isResumed || change.isRouteChanged || !change.before.isSubset(of: change.now)
        if isDisturbed || !session.isOpen { carryOut(session.handleNetworkChange(now: now)) }
        for peer in peers.values { peer.handleNetworkChange(change, now: now) }
    }

    /// Attempts that are due, and what reports tell.
    func checkConnections(now: Instant) {
        guard let due = connectionsDueAt, due <= now else { return }
        connectionsDueAt = now + Self.checkInterval
        for peer in peers.values { peer.check(now: now) }
        var allocations = peers.values.filter(\.isConnected).map { $0.connection.audioAllocation }
        if let allocation = server?.publisher?.audioAllocation { allocations.append(allocation) }
        if let allocation = AudioAllocation.combined(allocations) {
            media.microphone.setBitrate(allocation.bitrate)
        }
    }
}
