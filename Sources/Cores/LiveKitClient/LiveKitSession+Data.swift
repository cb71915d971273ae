import LiveKitProtocol
import Primitives

// Chat, which goes over the data channels.
extension LiveKitSession {
    /// Says something to everybody. `id` is fresh; `milliseconds` is the time since 1970.
    package mutating func chat(_ text: String, id: String, milliseconds: Int64) -> [Action] {
        guard state != .ended else { return [] }
        return data.textStream(text, topic: LiveKit.chatTopic, id: id, milliseconds: milliseconds)
            .map { .sendData($0, label: LiveKit.reliableLabel) }
    }

    /// A message of one of the data channels.
    package mutating func receiveData(_ bytes: [UInt8]) -> [Action] {
        guard let packet = try? LKDataPacket(wire: bytes, encoding: .binary),
            let sender = participantsBySID[packet.participantSid], let text = data.receive(packet)
        else { return [] }
        return [.chat(sender, text: text)]
    }
}
