import Primitives
import Simulation

/// A link as a script, and what the call on it is like.
package struct LinkScenario: Sendable {
    package enum Feedback: Sendable {
        case transportWide
        /// An older peer that only tells a limit and its losses.
        case remb
    }

    package var name: String
    /// The rate of the link from each of these times on, by rising time.
    package var rates: [(at: Duration, rate: Bitrate)]
    /// What the narrow place holds, as time at the first rate.
    package var queue = Duration.milliseconds(100)
    /// Whether the queue's length in bytes follows the rate, so that it always is the same time.
    package var scalesQueue = false
    /// One way, in both directions.
    package var latency = Duration.milliseconds(25)
    package var loss = NetworkConditions.Loss.none
    package var jitter = Duration.zero
    /// On the way back, where feedback travels.
    package var backLoss = NetworkConditions.Loss.none
    /// The link's rate varies around its script and stands still at times, as Wi-Fi does.
    package var isWireless = false
    package var hasTCP = false
    package var videoCeiling = Bitrate.kilobits(4_000)
    /// The ceiling rises to `videoCeiling` only then.
    package var startsLow: (ceiling: Bitrate, until: Duration)?
    package var feedback = Feedback.transportWide
    package var length = Duration.seconds(60)

    package init(_ name: String, rates: [(at: Duration, rate: Bitrate)]) {
        self.name = name
        self.rates = rates
    }

    package init(_ name: String, rate: Bitrate) { self.init(name, rates: [(.zero, rate)]) }

    func rate(at time: Duration) -> Bitrate { rates.last { $0.at <= time }?.rate ?? rates[0].rate }
}

extension LinkScenario {
    /// The scripts of the table, in its order.
    package static var all: [LinkScenario] {
        [steps, deepSteps, steady(150), steady(1_000), steady(3_000), beside, wireless, deep, shallow]
            + [0.02, 0.05, 0.1, 0.2].map(lossy) + [bursts, oneWay, remb, applicationLimited, roundTrip]
    }

    /// 2000, 300 and 2000 kbit/s again; the queue holds 100 ms at 2000 kbit/s, and so 667 ms at 300.
    package static var deepSteps: LinkScenario {
        var scenario = LinkScenario(
            "2000-300-2000, 25 kB",
            rates: [(.zero, .kilobits(2_000)), (.seconds(20), .kilobits(300)), (.seconds(40), .kilobits(2_000))])
        scenario.length = .seconds(65)
        return scenario
    }

    /// The same with a queue of 100 ms at whatever rate.
    package static var steps: LinkScenario {
        var scenario = deepSteps
        scenario.name = "2000-300-2000, 100 ms"
        scenario.scalesQueue = true
        return scenario
    }

    static func steady(_ kilobits: Int) -> LinkScenario {
        LinkScenario("\(kilobits) steady", rate: .kilobits(kilobits))
    }

    package static var beside: LinkScenario {
        var scenario = LinkScenario("2000 beside TCP", rate: .kilobits(2_000))
        scenario.hasTCP = true
        return scenario
    }

    package static var wireless: LinkScenario {
        var scenario = LinkScenario("2000 wireless", rate: .kilobits(2_000))
        scenario.isWireless = true
        scenario.jitter = .milliseconds(10)
        scenario.queue = .milliseconds(300)
        return scenario
    }

    package static var deep: LinkScenario {
        var scenario = LinkScenario("1000 with 2 s queue", rate: .kilobits(1_000))
        scenario.queue = .seconds(2)
        return scenario
    }

    package static var shallow: LinkScenario {
        var scenario = LinkScenario("1000 with 30 ms queue", rate: .kilobits(1_000))
        scenario.queue = .milliseconds(30)
        return scenario
    }

    package static func lossy(_ fraction: Double) -> LinkScenario {
        var scenario = LinkScenario("1500, \(Int(fraction * 100)) % loss", rate: .kilobits(1_500))
        scenario.latency = .milliseconds(40)
        scenario.loss = .random(fraction)
        return scenario
    }

    package static var bursts: LinkScenario {
        var scenario = LinkScenario("1500, 5 % in bursts", rate: .kilobits(1_500))
        scenario.latency = .milliseconds(40)
        scenario.loss = .bursts(rate: 0.05, length: 4)
        return scenario
    }

    package static var oneWay: LinkScenario {
        var scenario = LinkScenario("1500, 20 % of feedback lost", rate: .kilobits(1_500))
        scenario.backLoss = .random(0.2)
        return scenario
    }

    package static var remb: LinkScenario {
        var scenario = LinkScenario("1000, peer with REMB only", rate: .kilobits(1_000))
        scenario.feedback = .remb
        return scenario
    }

    /// A still picture for half a minute, then one that needs everything.
    package static var applicationLimited: LinkScenario {
        var scenario = LinkScenario("2000, picture still at first", rate: .kilobits(2_000))
        scenario.startsLow = (.kilobits(150), .seconds(30))
        return scenario
    }

    package static var roundTrip: LinkScenario {
        var scenario = LinkScenario("1000, 300 ms round trip", rate: .kilobits(1_000))
        scenario.latency = .milliseconds(150)
        return scenario
    }
}
