import Signalling

/// The data channels of one SCTP association: who may open which stream, what was opened, and which bytes are text
/// (RFC 8831, RFC 8832). SCTP itself is the owner's.
package struct DataChannelState: Sendable {
    package enum Action: Hashable, Sendable {
        /// Send these bytes, reliable and in order, on the stream with this payload protocol identifier.
        case send(stream: UInt16, payload: DataChannelPayload, bytes: [UInt8])
        /// The channel can be used: the peer opened it, or took ours.
        case opened(stream: UInt16, label: String)
        case message(stream: UInt16, text: String)
        case binary(stream: UInt16, bytes: [UInt8])
        /// Reset our side of the stream, which closes the channel (RFC 8831 §6.7).
        case reset(stream: UInt16)
        case closed(stream: UInt16, label: String)
    }

    /// What went wrong, by kind.
    package struct Counters: Hashable, Sendable {
        package var tooLarge = 0
        package var malformed = 0
        /// On streams that nobody opened, or with unknown payload identifiers.
        package var unexpected = 0
        package var tooManyChannels = 0
        package init() {}
    }

    /// The largest message that is delivered, in bytes.
    package static let maximumMessageSize = 64 << 10
    private static let maximumChannels = 64

    private struct Channel: Sendable {
        var label: String
        var isOpen: Bool
    }

    private let role: DTLSRole
    private var channels: [UInt16: Channel] = [:]
    package private(set) var counters = Counters()

    /// The DTLS client opens even streams, the server odd ones (RFC 8832 §6).
    package init(role: DTLSRole) { self.role = role }

    /// The stream of the first open channel of that name.
    package func stream(label: String) -> UInt16? {
        channels.filter { $0.value.label == label && $0.value.isOpen }.keys.min()
    }
}

// Our side.
extension DataChannelState {
    /// Asks for a channel. No action where all streams are taken.
    package mutating func open(
        label: String, isOrdered: Bool = true, reliability: DataChannelOpen.Reliability = .reliable
    ) -> [Action] {
        guard channels.count < Self.maximumChannels else {
            counters.tooManyChannels += 1
            return []
        }
        let first: UInt16 = role == .client ? 0 : 1
        let free = stride(from: first, to: 65_534, by: 2).first { channels[$0] == nil }
        guard let stream = free else { return [] }
        channels[stream] = Channel(label: label, isOpen: false)
        let request = DCEPMessage.open(
            DataChannelOpen(label: label, isOrdered: isOrdered, reliability: reliability))
        return [.send(stream: stream, payload: .control, bytes: request.bytes)]
    }

    /// Text for a channel that is there, acknowledged or not (RFC 8832 §6 lets data follow the request at once).
    package mutating func send(_ text: String, on stream: UInt16) -> [Action] {
        guard channels[stream] != nil else { return [] }
        let bytes = Array(text.utf8)
        if bytes.isEmpty { return [.send(stream: stream, payload: .emptyString, bytes: [0])] }
        return [.send(stream: stream, payload: .string, bytes: bytes)]
    }

    /// Bytes, like text.
    package mutating func send(_ bytes: [UInt8], on stream: UInt16) -> [Action] {
        guard channels[stream] != nil else { return [] }
        if bytes.isEmpty { return [.send(stream: stream, payload: .emptyBinary, bytes: [0])] }
        return [.send(stream: stream, payload: .binary, bytes: bytes)]
    }

    package func label(of stream: UInt16) -> String? { channels[stream]?.label }

    package mutating func close(_ stream: UInt16) -> [Action] {
        guard let channel = channels.removeValue(forKey: stream) else { return [] }
        return [.reset(stream: stream), .closed(stream: stream, label: channel.label)]
    }
}

// The peer's side.
extension DataChannelState {
    /// A message that SCTP delivered. `identifier` is its payload protocol identifier.
    package mutating func receive(stream: UInt16, identifier: UInt32, bytes: [UInt8]) -> [Action] {
        guard bytes.count <= Self.maximumMessageSize else {
            counters.tooLarge += 1
            return []
        }
        guard let payload = DataChannelPayload(rawValue: identifier) else {
            counters.unexpected += 1
            return []
        }
        return payload == .control
            ? receiveControl(stream, bytes) : receiveData(stream, payload, bytes)
    }

    private mutating func receiveControl(_ stream: UInt16, _ bytes: [UInt8]) -> [Action] {
        let message: DCEPMessage
        do {
            message = try DCEPMessage(parsing: bytes)
        } catch {
            counters.malformed += 1
            return []
        }
        switch message {
        case .acknowledge: return markOpen(stream)
        case .open(let request): return receiveOpen(stream, request)
        }
    }

    private mutating func receiveOpen(_ stream: UInt16, _ request: DataChannelOpen) -> [Action] {
        // The peer's streams have the other parity (RFC 8832 §6); the last number is not a stream.
        let isTheirs = (stream % 2 == 0) == (role == .server)
        guard isTheirs, stream != .max, channels[stream] == nil else {
            counters.unexpected += 1
            return channels[stream] == nil ? [.reset(stream: stream)] : []
        }
        guard channels.count < Self.maximumChannels else {
            counters.tooManyChannels += 1
            return [.reset(stream: stream)]
        }
        channels[stream] = Channel(label: request.label, isOpen: true)
        return [
            .send(stream: stream, payload: .control, bytes: DCEPMessage.acknowledge.bytes),
            .opened(stream: stream, label: request.label),
        ]
    }

    /// Our request was taken: the acknowledgement came, or a message that overtook it.
    private mutating func markOpen(_ stream: UInt16) -> [Action] {
        guard let channel = channels[stream] else {
            counters.unexpected += 1
            return []
        }
        guard !channel.isOpen else { return [] }
        channels[stream]?.isOpen = true
        return [.opened(stream: stream, label: channel.label)]
    }

    private mutating func receiveData(_ stream: UInt16, _ payload: DataChannelPayload, _ bytes: [UInt8]) -> [Action] {
        guard channels[stream] != nil else {
            counters.unexpected += 1
            return []
        }
        let opened = markOpen(stream)
        switch payload {
        case .control: return opened
        case .emptyString: return opened + [.message(stream: stream, text: "")]
        case .emptyBinary: return opened + [.binary(stream: stream, bytes: [])]
        case .binary: return opened + [.binary(stream: stream, bytes: bytes)]
        case .string:
            guard let text = String(validating: bytes, as: UTF8.self) else {
                counters.malformed += 1
                return opened
            }
            return opened + [.message(stream: stream, text: text)]
        }
    }

    /// The peer reset its side of the stream: the channel is closed (RFC 8831 §6.7).
    package mutating func handleReset(_ stream: UInt16) -> [Action] { close(stream) }
}
