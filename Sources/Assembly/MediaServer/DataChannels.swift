import PeerSession
import Primitives
import Runtime
import SecureTransport
import Signalling

/// The data channels of one transport: an SCTP association and what is known of its streams.
@MediaLoop
final class DataChannels {
    enum Event {
        case opened(WebRtcTransport.DataChannel)
        case closed(WebRtcTransport.DataChannel)
        case message(WebRtcTransport.DataChannel, [UInt8], isText: Bool)
    }

    private struct Manner {
        var isOrdered: Bool
        var retransmissions: Int?
    }

    private let association: SCTPAssociation?
    private var state: DataChannelState
    private var manners: [UInt16: Manner] = [:]
    private var events: [Event] = []
    private var tick: Instant?
    private var isConnected = false
    /// What could not be sent because too much waited.
    private(set) var dropped = 0

    /// usrsctp's timers want to be run often while it connects; then its shortest one is 250 ms.
    private static let calmTick = Duration.milliseconds(100)

    init(_ parameters: SCTPParameters, isClient: Bool) {
        association = try? SCTPAssociation(
            localPort: UInt16(truncatingIfNeeded: parameters.localPort),
            remotePort: UInt16(truncatingIfNeeded: parameters.remotePort),
            maxMessageSize: DataChannelState.maximumMessageSize)
        state = DataChannelState(role: isClient ? .client : .server)
    }

    func connect() {
        isConnected = true
        association?.connect()
        tick = Clock.now() + SCTPStack.tickInterval
    }

    func receive(_ packet: [UInt8]) {
        association?.receive(packet)
        take()
    }

    func pollTransmit() -> [UInt8]? { isConnected ? association?.pollTransmit() : nil }

    /// What happened since the last call.
    func poll() -> [Event] {
        take()
        defer { events.removeAll(keepingCapacity: true) }
        return events
    }

    private func take() {
        guard let association else { return }
        while let message = association.pollReceived() {
            perform(state.receive(stream: message.stream, identifier: message.ppid, bytes: message.bytes))
        }
        while let stream = association.pollReset() { perform(state.handleReset(stream)) }
    }

    func stream(label: String) -> UInt16? { state.stream(label: label) }
    var bufferedAmount: Int { association?.bufferedAmount ?? 0 }

    func open(label: String, isOrdered: Bool, reliability: DataChannelOpen.Reliability) {
        let actions = state.open(label: label, isOrdered: isOrdered, reliability: reliability)
        for case .send(let stream, _, _) in actions {
            var manner = Manner(isOrdered: isOrdered)
            if case .retransmissions(let count) = reliability { manner.retransmissions = Int(count) }
            manners[stream] = manner
        }
        perform(actions, isControl: true)
    }

    func send(_ bytes: [UInt8], isText: Bool, label: String) -> Bool {
        guard let stream = state.stream(label: label) else { return false }
        let actions =
            isText ? state.send(String(decoding: bytes, as: UTF8.self), on: stream) : state.send(bytes, on: stream)
        let before = dropped
        perform(actions)
        return dropped == before
    }

    private func perform(_ actions: [DataChannelState.Action], isControl: Bool = false) {
        for action in actions {
            switch action {
            case .send(let stream, let payload, let bytes):
                let manner = payload == .control ? nil : manners[stream]
                let message = SCTPMessage(
                    stream: stream, ppid: payload.rawValue, bytes: bytes, isOrdered: manner?.isOrdered ?? true,
                    retransmissions: manner?.retransmissions)
                do { try association?.send(message) } catch { dropped += 1 }
            case .opened(let stream, let label): events.append(.opened(.init(stream: stream, label: label)))
            case .closed(let stream, let label):
                manners[stream] = nil
                events.append(.closed(.init(stream: stream, label: label)))
            case .message(let stream, let text):
                events.append(.message(channel(stream), Array(text.utf8), isText: true))
            case .binary(let stream, let bytes): events.append(.message(channel(stream), bytes, isText: false))
            case .reset(let stream): association?.resetStream(stream)
            }
        }
    }

    private func channel(_ stream: UInt16) -> WebRtcTransport.DataChannel {
        .init(stream: stream, label: state.label(of: stream) ?? "")
    }

    var nextDeadline: Instant? { tick }

    func handleTimeout(now: Instant) {
        SCTPStack.handleTimers(now: now)
        tick = now + (association?.state == .up ? Self.calmTick : SCTPStack.tickInterval)
    }

    func close() { association?.close() }
}
