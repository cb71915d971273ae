import Primitives
import Signalling

/// What one check found, and what to do about it.
struct Finding: Sendable {
    enum State: String, Sendable {
        case fine, warning, failure
    }

    var area: String
    var check: String
    var state: State
    var finding: String
    /// What the user can do; nil where nothing needs to be done.
    var advice: String?

    init(_ area: String, _ check: String, _ state: State, _ finding: String, advice: String? = nil) {
        self.area = area
        self.check = check
        self.state = state
        self.finding = finding
        self.advice = advice
    }

    var line: String {
        let mark = [State.fine: "ok  ", .warning: "note", .failure: "FAIL"][state] ?? ""
        let advice = advice.map { "\n        \($0)" } ?? ""
        return "\(mark)  \(check): \(finding)".controlCharactersVisible + advice
    }

    var json: JSON {
        [
            "area": .string(area), "check": .string(check), "state": .string(state.rawValue),
            "finding": .string(finding), "advice": advice.map(JSON.string) ?? .null,
        ]
    }
}
