import Call
import Primitives
import Runtime

// When packets do not get through to a participant: attempts to mend it, and words for it.
extension RemotePeer {
    /// Nothing gets through: new paths are looked for, at once and then with growing pauses.
    func lost() {
        isConnected = false
        if let attempt = reconnection.begin(now: Clock.now()) { carryOut(attempt) }
        controller.updateRoster()
    }

    func regained() {
        isConnected = true
        let now = Clock.now()
        if let duration = reconnection.end(now: now) {
            controller.observer.event(.reconnected(.media, participant, after: duration))
        }
        controller.updateRoster()
    }

    private func carryOut(_ attempt: Reconnection.Attempt) {
        let next = attempt.next - Clock.now()
        controller.observer.event(.reconnecting(.media, participant, attempt: attempt.number, next: next))
        connection.restartICE()
    }

    /// A restart that was offered into a dead socket is offered again.
    func handleSignallingRestored() {
        if !isConnected || isRestarting { connection.handleSignallingRestored() }
        isRestarting = false
    }

    /// Another network: packets leave from an address that is gone, or another way may be better than none.
    func handleNetworkChange(_ change: NetworkWatch.Change, now: Instant) {
        if let attempt = reconnection.handleNetworkChange(now: now) { return carryOut(attempt) }
        guard isConnected, let address = connection.selectedAddress else { return }
        guard change.isGone(address) || change.isResumed || (change.isRouteChanged && change.now != change.before)
        else { return }
        isRestarting = true
        connection.restartICE()
    }

    /// Looks, each second, at attempts that are due and at what reports tell.
    func check(now: Instant) {
        if let attempt = reconnection.handleTimeout(now: now) { carryOut(attempt) }
        let sections = connection.statistics
        let isUnheard = sections.contains { $0.kind == .audio && $0.sent.isUndelivered }
        tell(.unheard, isConnected && isUnheard)
        let loss = sections.first { $0.kind == .audio }?.received.fractionLost ?? 0
        if loss < Self.lossThatHurts { lossSince = nil } else if lossSince == nil { lossSince = now }
        tell(.lossy, isConnected && lossSince.map { now - $0 >= Self.lossPatience } ?? false)
    }

    private static let lossThatHurts = 0.25
    private static let lossPatience = Duration.seconds(3)

    private func tell(_ trouble: ConnectionTrouble, _ isThere: Bool) {
        guard isThere != troubles.contains(trouble) else { return }
        if isThere { troubles.insert(trouble) } else { troubles.remove(trouble) }
        controller.observer.event(.trouble(participant, trouble, isOver: !isThere))
    }
}
