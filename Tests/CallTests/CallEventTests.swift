import Call
import Primitives
import Signalling
import Testing

private let ann = Participant(id: "p-1A", name: "ann\u{1b}[2J")

struct CallEventTests {
    @Test func eventsAreOneLineWithNamesMadeSafe() {
        let event = CallEvent.firstFrame(ann, .camera, after: .milliseconds(287))
        #expect(
            event.json(time: "2026-01-31T12:00:00.123Z").text
                == #"{"event":"first-frame","time":"2026-01-31T12:00:00.123Z","participant":"ann␛[2J","#
                + #""participantId":"p-1A","track":"camera","ms":287}"#)
    }

    @Test(arguments: [
        (CallEvent.participantLeft(ann, .timeout), "reason", JSON.string("timeout")),
        (.left(.roomClosed), "reason", "room-closed"),
        (.speaking(ann, true), "speaking", true),
        (.chat(ann, text: "a\nb"), "text", "a\nb"),
        (.reconnecting(.signalling, nil, attempt: 2), "attempt", 2),
        (.reconnecting(.media, nil, attempt: 1, next: .seconds(2)), "nextMs", 2_000),
        (.error(code: "device-gone", message: "m", fatal: false), "fatal", false),
        (.summary(duration: .milliseconds(1_500), exitStatus: 75, []), "seconds", 1.5),
    ])
    func fieldsHaveTheNamesOfTheManual(event: CallEvent, field: String, value: JSON) {
        #expect(event.json(time: "")[field] == value)
        #expect(!event.json(time: "").text.contains("\n"))
    }
}
