import PeerSession
import Primitives
import Signalling
import Testing

@Suite struct DataChannelStateTests {
    private func control(_ message: DCEPMessage) -> (UInt32, [UInt8]) { (50, message.bytes) }

    @Test func opensAndTalks() {
        var client = DataChannelState(role: .client)
        var server = DataChannelState(role: .server)
        let request = client.open(label: "confab")
        guard case .send(let stream, .control, let bytes)? = request.first else {
            Issue.record("no request")
            return
        }
        #expect(stream == 0 && request.count == 1)
        #expect(client.stream(label: "confab") == nil)
        let accepted = server.receive(stream: stream, identifier: 50, bytes: bytes)
        #expect(accepted == [.send(stream: 0, payload: .control, bytes: [2]), .opened(stream: 0, label: "confab")])
        #expect(client.receive(stream: 0, identifier: 50, bytes: [2]) == [.opened(stream: 0, label: "confab")])
        #expect(client.stream(label: "confab") == 0 && server.stream(label: "confab") == 0)
        #expect(server.send("hé", on: 0) == [.send(stream: 0, payload: .string, bytes: Array("hé".utf8))])
        #expect(server.send("", on: 0) == [.send(stream: 0, payload: .emptyString, bytes: [0])])
        #expect(client.receive(stream: 0, identifier: 51, bytes: Array("hé".utf8)) == [.message(stream: 0, text: "hé")])
        #expect(client.receive(stream: 0, identifier: 56, bytes: [0]) == [.message(stream: 0, text: "")])
        #expect(client.receive(stream: 0, identifier: 53, bytes: [1, 2]) == [.binary(stream: 0, bytes: [1, 2])])
        #expect(client.receive(stream: 0, identifier: 57, bytes: [0]) == [.binary(stream: 0, bytes: [])])
        #expect(client.counters == DataChannelState.Counters())
    }

    @Test func parityFollowsTheRole() {
        var server = DataChannelState(role: .server)
        let streams = (0..<3).flatMap { _ in server.open(label: "x") }.map { action in
            if case .send(let stream, _, _) = action { stream } else { UInt16.max }
        }
        #expect(streams == [1, 3, 5])
        // The peer must not open a stream of ours, nor one that is in use.
        let open = DCEPMessage.open(DataChannelOpen(label: "y")).bytes
        #expect(server.receive(stream: 7, identifier: 50, bytes: open) == [.reset(stream: 7)])
        #expect(server.receive(stream: 1, identifier: 50, bytes: open) == [])
        #expect(server.receive(stream: .max, identifier: 50, bytes: open) == [.reset(stream: .max)])
        #expect(server.counters.unexpected == 3)
    }

    @Test func dataMayOvertakeTheAcknowledgement() {
        var client = DataChannelState(role: .client)
        _ = client.open(label: "confab")
        let actions = client.receive(stream: 0, identifier: 51, bytes: Array("hi".utf8))
        #expect(actions == [.opened(stream: 0, label: "confab"), .message(stream: 0, text: "hi")])
        #expect(client.receive(stream: 0, identifier: 50, bytes: [2]) == [])
    }

    @Test func closes() {
        var client = DataChannelState(role: .client)
        _ = client.open(label: "confab")
        #expect(client.handleReset(0) == [.reset(stream: 0), .closed(stream: 0, label: "confab")])
        #expect(client.handleReset(0) == [])
        #expect(client.send("x", on: 0) == [])
    }

    @Test func countsWhatItCannotUse() {
        var state = DataChannelState(role: .client)
        let open = DCEPMessage.open(DataChannelOpen(label: "confab")).bytes
        _ = state.receive(stream: 1, identifier: 50, bytes: open)
        #expect(state.receive(stream: 1, identifier: 51, bytes: [UInt8](repeating: 65, count: 65_537)) == [])
        #expect(state.receive(stream: 1, identifier: 51, bytes: [0xff]) == [])
        #expect(state.receive(stream: 1, identifier: 50, bytes: [9]) == [])
        #expect(state.receive(stream: 1, identifier: 99, bytes: [1]) == [])
        #expect(state.receive(stream: 3, identifier: 51, bytes: [65]) == [])
        #expect(state.counters.tooLarge == 1 && state.counters.malformed == 2 && state.counters.unexpected == 2)
    }

    @Test func holdsABoundedNumber() {
        var state = DataChannelState(role: .client)
        let open = DCEPMessage.open(DataChannelOpen(label: "x")).bytes
        for stream in stride(from: UInt16(1), to: 400, by: 2) {
            _ = state.receive(stream: stream, identifier: 50, bytes: open)
        }
        #expect(state.counters.tooManyChannels == 136)
        #expect(state.open(label: "y") == [])
    }

    @Test func survivesNoise() {
        var random = SeededGenerator(seed: 3)
        var state = DataChannelState(role: .server)
        for _ in 0..<20_000 {
            let count = Int.random(in: 0...40, using: &random)
            let mask: UInt8 = Bool.random(using: &random) ? 3 : 255
            let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) & mask }
            let identifier = UInt32.random(in: 49...58, using: &random)
            _ = state.receive(stream: .random(in: 0...9, using: &random), identifier: identifier, bytes: bytes)
        }
        #expect(state.counters.malformed > 0 && state.counters.unexpected > 0)
    }
}
