import LiveKitProtocol
import Primitives
import Testing

@testable import LiveKitClient

struct ChatTests {
    /// The packets as the server passes them on.
    private func passed(_ actions: [LiveKitSession.Action], from sid: String) -> [[UInt8]] {
        actions.compactMap { action in
            guard case .sendData(let bytes, LiveKit.reliableLabel) = action,
                var packet = try? LKDataPacket(wire: bytes, encoding: .binary)
            else { return nil }
            packet.participantSid = sid
            return packet.wire(.binary)
        }
    }

    private func text(_ actions: [LiveKitSession.Action]) -> String? {
        if case .chat(_, let text)? = actions.first { text } else { nil }
    }

    @Test(arguments: ["hello", "", String(repeating: "ü", count: 20_000)])
    func aTextArrivesAsItWasSaid(said: String) {
        var ann = Scripted()
        var bob = Scripted()
        ann.join()
        bob.join(with: [Scripted.participant("ann", sid: "PA_1")])
        let packets = passed(ann.session.chat(said, id: "s1", milliseconds: 0), from: "PA_1")
        let heard = packets.compactMap { text(bob.session.receiveData($0)) }
        #expect(heard == [said])
        #expect(packets.compactMap { text(bob.session.receiveData($0)) }.isEmpty, "repetitions are dropped")
    }

    @Test func olderFormsAreUnderstood() {
        var bob = Scripted()
        bob.join(with: [Scripted.participant("ann", sid: "PA_1")])
        var packet = LKDataPacket()
        packet.participantSid = "PA_1"
        packet.user = LKUserPacket(payload: Array(#"{"message":"from OpenVidu"}"#.utf8), topic: "chat")
        #expect(text(bob.session.receiveData(packet.wire(.binary))) == "from OpenVidu")
        var chat = LKChatMessage()
        chat.message = "older"
        packet.chatMessage = chat
        #expect(text(bob.session.receiveData(packet.wire(.binary))) == "older")
        packet.user = LKUserPacket(payload: Array(#"{"message":"x"}"#.utf8), topic: "recording")
        #expect(bob.session.receiveData(packet.wire(.binary)) == [])
    }

    @Test func whatTheServerMissedIsSaidAgain() throws {
        var ann = Scripted()
        ann.join()
        _ = ann.session.chat("one", id: "s1", milliseconds: 0)
        ann.lose()
        ann.wait(.milliseconds(100))
        var reconnect = LKReconnectResponse()
        reconnect.lastMessageSeq = 1
        ann.say(.reconnect(reconnect))
        let again = ann.actions.compactMap { action -> UInt32? in
            guard case .sendData(let bytes, _) = action else { return nil }
            return (try? LKDataPacket(wire: bytes, encoding: .binary))?.sequence
        }
        #expect(again == [2, 3])
    }
}
