import ArgumentParser
import Primitives
import Runtime
import SecureTransport
import Signalling

struct Token: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print an access token or an invitation.",
        discussion: """
            Tokens are those of LiveKit (JWT, HS256): any server with the same key takes them. Without --identity the
            token is an invitation, which lets anybody in who has it; put it into a link after #invite=.

            EXAMPLES
              confab token --room tea --key devkey --secret secret
              confab token --room tea --key devkey --secret secret --identity ann --name Ann --valid-for 1h
            """)

    @Option(help: ArgumentHelp("The room it opens.", valueName: "room"))
    var room: String

    @Option(help: ArgumentHelp("Name of the server's key.", valueName: "name"))
    var key: String

    @Option(help: ArgumentHelp("Secret of the key.", valueName: "secret"))
    var secret: String

    @Option(help: ArgumentHelp("Whom it is for; an invitation for anybody if not given.", valueName: "id"))
    var identity: String?

    @Option(help: ArgumentHelp("The name that others see.", valueName: "name"))
    var name: String?

    @Option(help: ArgumentHelp("How long it is valid: 10m, 6h.", valueName: "time"))
    var validFor = DurationValue(argument: "6h")!  // a literal that parses

    @Flag(help: "May administrate the room.")
    var admin = false

    func validate() throws {
        guard !room.isEmpty else { throw ValidationError("--room must name a room.") }
    }

    func run() throws {
        let now = Clock.wallNanoseconds() / 1_000_000_000
        var grants = AccessToken.Grants(room: room, roomJoin: true)
        grants.roomAdmin = admin
        let token = AccessToken(
            issuer: key, identity: identity, name: name, notBefore: now,
            expires: now + validFor.duration.nanoseconds / 1_000_000_000, grants: grants)
        print(token.signed { HMAC.sha256(key: Array(secret.utf8), message: $0) })
    }
}
