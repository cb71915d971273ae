import Primitives
import Runtime
import SecureTransport
import Signalling

@testable import Peering

/// Two peer connections over real sockets, and a relay between them that may delay, change or lose signals.
@CallLoop
final class Call {
    enum Side: Sendable {
        case left, right

        var other: Side { self == .left ? .right : .left }
    }

    struct TimedOut: Error, CustomStringConvertible {
        let description: String
    }

    /// Offers first.
    private(set) var left: Party!
    private(set) var right: Party!
    /// What becomes of a signal of one side: it goes on, changed or not, or others do in its place.
    var relay: @CallLoop (Signal, Side) -> [Signal] = { signal, _ in [signal] }
    private var waiting: [Waiting] = []

    private struct Waiting {
        let condition: @CallLoop () -> Bool
        let deadline: LoopTimer
        let finish: @CallLoop (Bool) -> Void
    }

    init(policy: ICEPolicyAndServers = .init()) throws {
        left = try Party(isOfferer: true, policy) { [weak self] in self?.handle($0, of: .left) }
        right = try Party(isOfferer: false, policy) { [weak self] in self?.handle($0, of: .right) }
    }

    subscript(side: Side) -> Party { side == .left ? left : right }

    func start() {
        right.connection.start()
        left.connection.start()
    }

    /// Starts, and waits until media and messages can flow both ways.
    func connect() async throws {
        start()
        try await expect("both sides connect and open the channel") {
            self.left.isConnected && self.right.isConnected && self.left.channelIsOpen && self.right.channelIsOpen
        }
    }

    func close() {
        left.close()
        right.close()
    }

    /// Waits until `condition` holds. It is looked at after each event of either side.
    func expect(
        _ what: String, within limit: Duration = .seconds(20), _ condition: @escaping @CallLoop () -> Bool
    ) async throws {
        if condition() { return }
        let isMet = await withCheckedContinuation { (continuation: CheckedContinuation<Bool, Never>) in
            wait(until: condition, limit) { continuation.resume(returning: $0) }
        }
        guard isMet else {
            throw TimedOut(
                description: "\(what): not within \(limit.seconds) s; left \(left.summary), right \(right.summary)")
        }
    }

    private func wait(
        until condition: @escaping @CallLoop () -> Bool, _ limit: Duration, _ finish: @escaping @CallLoop (Bool) -> Void
    ) {
        var isOver = false
        let finishOnce: @CallLoop (Bool) -> Void = { isMet in
            guard !isOver else { return }
            isOver = true
            finish(isMet)
        }
        let deadline = LoopTimer { _ in finishOnce(false) }
        deadline.schedule(at: Clock.now() + limit)
        waiting.append(Waiting(condition: condition, deadline: deadline, finish: finishOnce))
    }

    private func look() {
        for entry in waiting where entry.condition() { entry.finish(true) }
        waiting.removeAll { $0.condition() }
    }

    private func handle(_ event: PeerConnection.Event, of side: Side) {
        self[side].note(event)
        if case .signal(let signal) = event {
            for passed in relay(signal, side) { pass(passed, to: side.other) }
        }
        look()
    }

    /// Gives a signal to a side, later, as a network does.
    func pass(_ signal: Signal, to side: Side) {
        CallLoop.post { [weak self] in self?[side].connection?.receive(signal) }
    }
}

/// Lets the loop do all that was posted before.
@CallLoop
func loopTurn() async {
    await withCheckedContinuation { continuation in CallLoop.post { continuation.resume() } }
}
