import Call
import Engine
import Primitives
import Runtime
import SignalTransport
import Signalling

/// The synthetic people of a demo: `ann` speaks, `tom` hums a tone; both send the test picture.
final class DemoCast: Sendable {
    private struct Member: Sendable {
        var configuration: CallConfiguration
        var media: LocalMedia
        var runner: CallRunner
    }

    private let link: JoinLink
    private let members: [Member]
    private let received = Protected<[String: [ParticipantSummary]]>([:])

    init(link: JoinLink) throws {
        self.link = link
        let loop = SignalLoop()
        members = try [("ann", "speech"), ("tom", "tone")].map { name, voice in
            var configuration = CallConfiguration()
            configuration.name = name
            configuration.camera = "test"
            configuration.microphone = voice
            configuration.speaker = "none"
            return Member(
                configuration: configuration, media: try LocalMedia(configuration), runner: CallRunner(signalLoop: loop)
            )
        }
    }

    func start() {
        for member in members {
            let name = member.configuration.name
            member.runner.start(member.configuration, link: link, token: nil, media: member.media) { [received] event in
                if case .summary(_, _, let participants) = event { received.withLock { $0[name] = participants } }
            }
        }
    }

    func leave() { for member in members { member.runner.leave(.asked) } }

    /// Returns when all have left.
    func wait() { for member in members { _ = member.runner.wait() } }

    /// What each of them received, by name.
    var summaries: [String: [ParticipantSummary]] { received.value }
}

/// What flowed from one participant to another.
struct DemoPair {
    var from: String
    var to: String
    var summary: ParticipantSummary
    var expectsPicture: Bool

    /// `silentFilm` is who neither sends nor gets a picture.
    static func all(_ received: [String: [ParticipantSummary]], silentFilm: String?) -> [DemoPair] {
        received.sorted { $0.key < $1.key }.flatMap { receiver, senders in
            senders.map {
                DemoPair(
                    from: $0.participant.name, to: receiver, summary: $0,
                    expectsPicture: receiver != silentFilm && $0.participant.name != silentFilm)
            }
        }
    }

    /// Sound below this is none.
    private static let audibleDb = -60.0

    private var hasPicture: Bool { summary.framesDecoded > 0 }
    private var isAudible: Bool { (summary.audioLevelDb ?? -127) > Self.audibleDb }
    var flowed: Bool { isAudible && (hasPicture || !expectsPicture) }

    var complaint: String {
        let missing = [isAudible ? nil : "sound", hasPicture || !expectsPicture ? nil : "picture"].compactMap { $0 }
        return "no \(missing.joined(separator: " and no ")) from \(from) to \(to)"
    }

    var json: JSON {
        [
            "from": .string(from), "to": .string(to), "framesDecoded": JSON(summary.framesDecoded),
            "countedFrames": JSON(summary.countedFrames),
            "audioLevelDb": summary.audioLevelDb.map { .number(($0 * 10).rounded() / 10) } ?? .null,
            "ok": .bool(flowed),
        ]
    }
}
