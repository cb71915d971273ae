import Glibc  // links the mathematics that the cores use
import LinkModel
import Primitives

// Prints how a call fares on scripted links: `make bench-network`. With words after `--`, only the scripts whose names
// contain one of them, and what happened second by second.

private let words = Array(CommandLine.arguments.dropFirst())
private let seeds: [UInt64] = words.isEmpty ? [1, 2, 3, 4, 5] : [1]

private func padded(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.count)) + text
}

private func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }

private func row(_ name: String, _ cells: [String]) {
    print(name + String(repeating: " ", count: max(1, 30 - name.count)) + cells.map { padded($0, 9) }.joined())
}

private func settled(_ reports: [LinkReport], after: Duration) -> String {
    let times = reports.map { $0.settled(after: after) }
    guard !times.contains(nil) else { return "never" }
    let seconds = median(times.map { $0?.seconds ?? 0 })
    return "\((seconds * 10).rounded() / 10) s"
}

row("link, kbit/s", ["use", "settled", "queue50", "queue95", "sound", "frames", "freeze", "resent"])
for scenario in LinkScenario.all where words.isEmpty || words.contains(where: scenario.name.contains) {
    let reports = seeds.map { LinkCall.run(scenario, seed: $0 * 100) }
    func number(_ value: (LinkReport) -> Double) -> Double { median(reports.map(value)) }
    func percent(_ value: (LinkReport) -> Double) -> String { "\((number(value) * 1_000).rounded() / 10) %" }
    let steps = scenario.rates.map(\.at)
    for (index, from) in steps.enumerated() {
        let to = index + 1 < steps.count ? steps[index + 1] : scenario.length
        let name = index == 0 ? scenario.name : "  from \(from.milliseconds / 1_000) s"
        var cells = [percent { $0.use(from: from + (to - from) / 2, to: to) }, settled(reports, after: from)]
        if index == 0 {
            cells += [
                "\(Int(number { Double($0.queueingDelay(percentile: 0.5).milliseconds) })) ms",
                "\(Int(number { Double($0.queueingDelay(percentile: 0.95).milliseconds) })) ms",
                percent { $0.audioLost(except: Array(steps.dropFirst())) }, percent { $0.shownShare },
                "\(Int(number { Double($0.longestFreeze.milliseconds) })) ms",
                "\(Int(number { Double($0.sent?.sent.retransmissions ?? 0) }))",
            ]
        }
        row(name, cells)
    }
    if !words.isEmpty { print(reports[0].trace) }
}
