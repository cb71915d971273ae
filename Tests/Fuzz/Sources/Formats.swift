import Call
import Primitives
import RTP
import SDP
import Settings
import Signalling

@Sendable func fuzzRTP(_ bytes: [UInt8]) {
    guard let packet = try? RTPPacket(parsing: bytes) else { return }
    let map = HeaderExtensionMap([.mid: 1, .rid: 2, .audioLevel: 3, .absoluteSendTime: 4, .transportSequence: 5])
    _ = HeaderExtensions(packet.extensionBlock, map: map)
    if let (_, data) = try? VP8Descriptor.parse(packet.payload) { _ = try? VP8FrameHeader(parsing: data) }
    _ = RTX.unwrap(packet, ssrc: SSRC(1), payloadType: packet.payloadType)
    let again = try? RTPPacket(parsing: packet.serialised())
    precondition(again != nil, "what was written cannot be read")
}

@Sendable func fuzzRTCP(_ bytes: [UInt8]) {
    guard let packets = try? RTCP.parse(bytes) else { return }
    let written = RTCP.serialise(packets)
    precondition((try? RTCP.parse(written)) != nil || packets.isEmpty, "what was written cannot be read")
}

@Sendable func fuzzSDP(_ bytes: [UInt8]) {
    let text = String(decoding: bytes, as: UTF8.self)
    _ = try? ICECandidate(text)
    guard let description = try? SessionDescription(parsing: text) else { return }
    guard let again = try? SessionDescription(parsing: description.text) else {
        preconditionFailure("what was written cannot be read")
    }
    precondition(again.text == description.text, "writing is not stable")
}

@Sendable func fuzzSignalling(_ bytes: [UInt8]) {
    _ = try? MeshClientMessage.parse(bytes)
    _ = try? MeshServerMessage.parse(String(decoding: bytes, as: UTF8.self))
    guard let value = try? JSON(parsing: bytes) else { return }
    precondition((try? JSON(parsing: value.text)) == value, "what was written reads differently")
}

@Sendable func fuzzLinksAndTokens(_ bytes: [UInt8]) {
    let text = String(decoding: bytes, as: UTF8.self)
    _ = try? AccessToken.parse(text)
    guard let link = try? JoinLink(parsing: text) else { return }
    precondition((try? JoinLink(parsing: link.text)) == link, "what was written reads differently")
}

@Sendable func fuzzDataChannel(_ bytes: [UInt8]) {
    _ = try? ChannelMessage.parse(bytes)
    guard let message = try? DCEPMessage(parsing: bytes) else { return }
    precondition((try? DCEPMessage(parsing: message.bytes)) == message, "what was written reads differently")
}

@Sendable func fuzzSettings(_ bytes: [UInt8]) {
    _ = try? TOMLDocument(parsing: bytes)
    let vocabulary = SettingsFile.Vocabulary(options: ["join": ["name": false]], actions: ["mute"]) { !$0.isEmpty }
    _ = try? SettingsFile(parsing: bytes, vocabulary)
}

@Sendable func fuzzControl(_ bytes: [UInt8]) {
    _ = ControlRequest(line: bytes)
    let line = String(decoding: bytes, as: UTF8.self)
    guard let command = try? ControlCommand(line: line), let request = try? ControlCommand.request(line: line, id: 1)
    else { return }
    precondition(
        (try? ControlRequest(line: request.utf8).command.get()) == command, "what was written reads differently")
}
