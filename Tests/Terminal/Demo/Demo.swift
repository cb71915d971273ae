import Glibc
import Media
import MediaProcessing
import Primitives
import Runtime
import TerminalGraphics
import TerminalIO
import UI

/// The screen of a call with made-up people, to look at and to measure: `ui-demo [PEOPLE]`.
///
/// `--crash SIGNAL` dies by that signal after a second, `--seconds N` ends after N seconds, `--statistics` tells how
/// much was written. `--clock` shows the time as a picture. `ui-demo --qr low|medium TEXT` prints a QR code as `#` and `.` for an independent reader.
@main
struct Demo {
    static func main() {
        ProcessSignals.block()
        let arguments = CommandLine.arguments
        if arguments.count == 4, arguments[1] == "--qr" { return printCode(arguments[3], level: arguments[2]) }
        func number(after option: String) -> Int? {
            arguments.firstIndex(of: option).flatMap { $0 + 1 < arguments.count ? Int(arguments[$0 + 1]) : nil }
        }
        if arguments.contains("--clock") { return runClock(for: .seconds(Int64(number(after: "--seconds") ?? 5))) }
        let people = arguments.dropFirst().first.flatMap(Int.init) ?? 3
        do {
            let call = DemoCall(terminal: try Terminal.open(), people: people)
            call.isHost = arguments.contains("--host")
            call.crashSignal = number(after: "--crash").map(Int32.init)
            call.run(for: number(after: "--seconds").map { .seconds(Int64($0)) })
        } catch {
            print(error.message)
            exit(70)
        }
    }
}

private func runClock(for duration: Duration) {
    do {
        let terminal = try Terminal.open()
        ClockScreen.run(terminal, for: duration)
        terminal.restore()
    } catch {
        print(error.message)
        exit(70)
    }
}

private func printCode(_ text: String, level: String) {
    guard let code = QRCode(text, level: level == "medium" ? .medium : .low) else { return print("too long") }
    for row in 0..<code.side { print(String((0..<code.side).map { code[row, $0] ? "#" : "." })) }
}

final class DemoCall {
    private static let names = [
        "ann", "Benedikt Überlang von und zu Beispielhausen", "小林 さくら", "evil \u{1b}[31m\u{7}name", "dora", "Émile",
        "fay", "gus", "hal", "ida", "jon", "kim",
    ]
    private let terminal: Terminal
    private var model: UIModel
    private let view = UIView()
    private var pictures: [TestPicture]
    private let people: Int
    private var isEnding = false
    private let begun = Clock.now()
    var crashSignal: Int32?
    var isHost = false

    init(terminal: Terminal, people: Int) {
        self.terminal = terminal
        self.people = people
        model = UIModel(ownName: "me", size: terminal.size, profile: terminal.profile)
        pictures = (0...people).map { TestPicture(size: PixelSize(320, 180), hue: Double($0) / 7) }
    }

    func run(for duration: Duration?) {
        model.isHost = isHost
        send(
            .joined(room: "demo", mode: "mesh", invitations: ["http://127.0.0.1:7880/demo#invite=eyJhbGciOiJIUzI1NiJ9"])
        )
        for index in 0..<people { enter(index) }
        let signalled = AtomicFlag()
        let terminal = terminal
        ProcessSignals.watch { _ in
            signalled.set()
            terminal.wake()
        }
        var next = Clock.now()
        while !isEnding, !signalled.isSet {
            for event in terminal.poll(until: next) { take(event) }
            let now = Clock.now()
            if let duration, now - begun > duration { break }
            if let crashSignal, now - begun > .seconds(1) { crash(crashSignal) }
            guard now >= next else { continue }
            next = now + .milliseconds(33)
            frame(now)
        }
        terminal.restore()
        if CommandLine.arguments.contains("--statistics") { print(terminal.statistics) }
    }

    private func crash(_ signal: Int32) {
        if signal == SIGILL { fatalError("as asked") }
        kill(getpid(), signal)
        sleep(1)
    }

    private func enter(_ index: Int) {
        let id = "p\(index)"
        send(.participantJoined(id: id, name: Self.names[index % Self.names.count]))
        send(.connected(id: id, index != 3))
        send(.muted(id: id, index % 3 == 1))
        send(.camera(id: id, index % 5 != 2))
        var quality = UIQuality()
        quality.roundTrip = .milliseconds(Int64(20 + index * 30))
        quality.bitrate = .kilobits(420)
        quality.size = PixelSize(320, 180)
        quality.loss = index == 4 ? 0.12 : 0.004
        send(.quality(id: id, quality))
        send(
            .chat(
                ChatLine(
                    name: Self.names[index % Self.names.count], text: "hello from \(index), how is everybody today?",
                    time: "12:0\(index % 10)")))
    }

    private func take(_ event: TerminalEvent) {
        switch event {
        case .input(let input): send(.input(input))
        case .resized(let size): send(.resized(size))
        case .profile(let profile): send(.profile(profile))
        case .closed: isEnding = true
        }
    }

    private func send(_ message: UIMessage) {
        for effect in model.update(message) {
            switch effect {
            case .leave: isEnding = true
            case .copyToClipboard(let text): terminal.submit(control: EscapeSequences.copyToClipboard(text))
            case .sendChat(let text): send(.chat(ChatLine(name: "me", text: text, time: "12:34", isOwn: true)))
            default: break
            }
        }
    }

    private func frame(_ now: Instant) {
        send(.tick(now))
        let phase = (now - begun).seconds
        for index in 0..<people where index % 5 != 2 && index != 3 {
            send(.picture(id: "p\(index)", pictures[index].nextFrame(now: now)))
        }
        for index in 0..<people {
            let isSpeaking = Int(phase / 3) % people == index && index % 3 != 1
            send(.speaking(id: "p\(index)", isSpeaking))
            let wave = abs((phase * 3).truncatingRemainder(dividingBy: 2) - 1)
            send(.level(id: "p\(index)", isSpeaking ? 0.4 + 0.6 * wave : 0.05))
        }
        send(.ownLevel(model.own.isMuted ? 0 : 0.3 + 0.2 * abs(phase.truncatingRemainder(dividingBy: 2) - 1)))
        if model.own.hasCamera { send(.ownPicture(pictures[people].nextFrame(now: now))) }
        terminal.submit(view.draw(model))
    }
}
