import Call
import Primitives
import Testing

struct SentenceTests {
    private let ann = Participant(id: "p-1", name: "ann")

    @Test func eventsAreSentences() {
        #expect(CallEvent.participantJoined(ann).sentence == "ann has come.")
        #expect(CallEvent.chat(ann, text: "hello").sentence == "ann: hello")
        #expect(CallEvent.participantLeft(ann, .removed).sentence == "ann was removed.")
        #expect(CallEvent.modeChanged("server").sentence == "The call has moved to the server.")
        #expect(CallEvent.quality([]).sentence == nil)
        #expect(CallEvent.reconnecting(.signalling, nil, attempt: 2).sentence == nil)
        #expect(
            CallEvent.summary(duration: .seconds(3_725), exitStatus: 0, []).sentence
                == "The call took 1 hour 2 minutes 5 seconds.")
    }

    @Test func everyEventHasANameThatCommandsCanTake() {
        let events: [CallEvent] = [
            .listening(url: "", link: "", rtcPort: nil), .participantJoined(ann), .chat(ann, text: ""), .waiting,
            .knocking(ann, true), .quality([]), .left(.asked), .summary(duration: .zero, exitStatus: 0, []),
        ]
        for event in events { #expect(CallEvent.names.contains(event.name)) }
        #expect(Set(CallEvent.names).count == CallEvent.names.count)
    }
}
