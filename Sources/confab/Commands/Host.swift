import ArgumentParser
import Call
import Engine
import Glibc
import Runtime
import Server
import Signalling

struct Host: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Start a call on this machine and join it.",
        discussion: """
            Starts the embedded server and joins the room. The invitation is printed and stays in sight; people open it
            in a browser or give it to `confab join`. Leaving ends the room for everybody.

            EXAMPLES
              confab host
              confab host tea --lan --name ann
              confab host --listen 127.0.0.1:0 --headless --mic speech --camera test --duration 60s
            """)

    @Argument(help: ArgumentHelp("The room's name; a random one if none is given.", valueName: "room"))
    var room: String?

    @OptionGroup var server: ServeOptions
    @OptionGroup var call: CallOptions

    func validate() throws {
        if let room, RoomName(room) == nil { throw ValidationError(JoinLinkError.badRoom(room).message) }
    }

    func run() throws {
        try endingOnFailure {
            call.log.bootstrap()
            // A name that was checked by `validate`, or one made of letters.
            let name = RoomName(room ?? Self.randomName())!
            let running = try ConfabServer.start(try server.configuration(iceServers: call.iceServer))
            let links = running.links(to: name)
            let events = try EventOutput(call.effectiveEvents, exec: call.exec)
            events.write(
                .listening(
                    url: running.listening.url, link: links.first?.text ?? "", rtcPort: running.listening.rtcPort))
            Announcement.hosting(links.map(\.text), isSecure: running.listening.fingerprint != nil)
            var session = CallSession(call)
            session.invitation = links.first
            session.isHost = true
            session.events = events
            // Whoever hosts may let in, throw out and mute others.
            let token = running.mintToken(for: name, name: call.name, isAdmin: true)
            let status = try session.run(link: running.localLink(to: name), token: token)
            // Whoever is still there hears that the room is closed, not that a server is gone.
            running.closeRoom(name)
            running.stop()
            // What lives on the server's loop cannot be let go of once the loop has ended.
            withExtendedLifetime(running) { Glibc.exit(status) }
        }
    }

    /// Four syllables: easy to say on the telephone.
    private static func randomName() -> String {
        let consonants = Array("bdfgklmnprstvz")
        let vowels = Array("aeiou")
        // Neither is empty.
        return (0..<4).map { _ in "\(consonants.randomElement()!)\(vowels.randomElement()!)" }.joined()
    }
}
