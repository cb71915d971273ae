import LiveKitProtocol
import Primitives
import Signalling

/// Data packets of a LiveKit room: numbered going out, freed of repetitions and put together coming in.
struct DataExchange: Sendable {
    private struct Stream: Sendable {
        var sender: String
        var bytes: [UInt8] = []
    }

    /// The last packets sent, should the server have missed some.
    private var sent: [(sequence: UInt32, bytes: [UInt8])] = []
    private var sequence: UInt32 = 0
    /// By the sender's sid.
    private var received: [String: UInt32] = [:]
    /// Texts that are still coming, by their ids.
    private var streams: [String: Stream] = [:]

    private static let keptPackets = 128
    private static let maximumStreams = 64
    private static let maximumText = 64 << 10

    /// After a full reconnect: numbers start over on both sides.
    mutating func beginAnew() {
        sent = []
        sequence = 0
        received = [:]
        streams = [:]
    }

    mutating func forget(_ sender: String) {
        received[sender] = nil
        streams = streams.filter { $0.value.sender != sender }
    }

    // MARK: Going out

    /// A packet for the reliable channel.
    mutating func reliable(_ value: LKDataPacket.OneOf_Value) -> [UInt8] {
        sequence &+= 1
        var packet = LKDataPacket()
        packet.kind = .reliable
        packet.sequence = sequence
        packet.value = value
        let bytes = packet.wire(.binary)
        if sent.count == Self.keptPackets { sent.removeFirst() }
        sent.append((sequence, bytes))
        return bytes
    }

    /// What the server, which has everything up to `last`, has not.
    func repeated(after last: UInt32) -> [[UInt8]] { sent.filter { $0.sequence > last }.map(\.bytes) }

    /// A text as a stream: header, pieces, trailer (LiveKit's chat).
    mutating func textStream(_ text: String, topic: String, id: String, milliseconds: Int64) -> [[UInt8]] {
        let bytes = Array(text.utf8)
        var header = LKDataStream.Header()
        header.streamID = id
        header.timestamp = milliseconds
        header.topic = topic
        header.mimeType = "text/plain"
        header.totalLength = UInt64(bytes.count)
        header.textHeader = LKDataStream.TextHeader()
        var packets = [reliable(.streamHeader(header))]
        for (index, start) in stride(from: 0, to: bytes.count, by: LiveKit.maximumChunkBytes).enumerated() {
            var chunk = LKDataStream.Chunk()
            chunk.streamID = id
            chunk.chunkIndex = UInt64(index)
            chunk.content = .init(bytes[start..<min(bytes.count, start + LiveKit.maximumChunkBytes)])
            packets.append(reliable(.streamChunk(chunk)))
        }
        var trailer = LKDataStream.Trailer()
        trailer.streamID = id
        return packets + [reliable(.streamTrailer(trailer))]
    }

    // MARK: Coming in

    /// The chat message that is complete with this packet, in whatever form it came.
    mutating func receive(_ packet: LKDataPacket) -> String? {
        guard isNew(packet) else { return nil }
        switch packet.value {
        case .chatMessage(let chat): return chat.deleted ? nil : chat.message
        case .user(let user): return Self.chat(user)
        case .streamHeader(let header): return begin(header, of: packet.participantSid)
        case .streamChunk(let chunk):
            append(chunk, of: packet.participantSid)
            return nil
        case .streamTrailer(let trailer): return finish(trailer.streamID, of: packet.participantSid)
        default: return nil
        }
    }

    private mutating func isNew(_ packet: LKDataPacket) -> Bool {
        guard packet.sequence > 0 else { return true }
        if let last = received[packet.participantSid], packet.sequence <= last { return false }
        received[packet.participantSid] = packet.sequence
        return true
    }

    /// OpenVidu and older user interfaces send JSON in a user packet.
    private static func chat(_ user: LKUserPacket) -> String? {
        guard LiveKit.olderChatTopics.contains(user.topic),
            let json = try? JSON(parsing: user.payloadBytes, limits: .message)
        else { return nil }
        return json["message"]?.string
    }

    private mutating func begin(_ header: LKDataStream.Header, of sender: String) -> String? {
        guard header.topic == LiveKit.chatTopic, streams.count < Self.maximumStreams else { return nil }
        guard !header.hasInlineContent else {
            guard header.compression == .none else { return nil }
            return String(validating: Array(header.inlineContent), as: UTF8.self)
        }
        streams[header.streamID] = Stream(sender: sender)
        return nil
    }

    private mutating func append(_ chunk: LKDataStream.Chunk, of sender: String) {
        guard let stream = streams[chunk.streamID], stream.sender == sender else { return }
        guard stream.bytes.count + chunk.content.count <= Self.maximumText else {
            streams[chunk.streamID] = nil
            return
        }
        streams[chunk.streamID]?.bytes += Array(chunk.content)
    }

    private mutating func finish(_ id: String, of sender: String) -> String? {
        guard let stream = streams[id], stream.sender == sender else { return nil }
        streams[id] = nil
        return String(validating: stream.bytes, as: UTF8.self)
    }
}
