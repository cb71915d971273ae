import Foundation

/// What `Package.swift` says of a target: read from its text, since the manifest is a program that only SwiftPM runs.
struct Manifest {
    /// Names that a target may import: its dependencies, products of other packages included.
    let dependencies: [String: Set<String>]

    init(_ text: String) {
        var lists = [String: String]()
        for match in text.matches(of: /let (\w+): \[Target\.Dependency\] = \[(?<list>(?:[^\[\]])*)\]/) {
            lists[String(match.1)] = String(match.list)
        }
        for match in text.matches(of: /let (\w+): Target\.Dependency = (.*)/) {
            lists[String(match.1)] = String(match.2)
        }
        var found = [String: Set<String>]()
        let declared = text.matches(
            of: /(?:module|tests)\(\s*"[^"]*"(?:,\s*"(?<name>\w+)")?,?\s*(?:\[(?<list>[^\]]*)\](?<more>[^)\n]*))?/)
        for match in declared {
            let words = match.output.0.split(separator: "\"")
            let isTest = match.output.0.hasPrefix("tests")
            guard let name = isTest ? words.dropFirst().first : match.name else { continue }
            let own = String(match.list ?? "") + String(match.more ?? "")
            found[String(name)] = Self.names(in: own, lists: lists)
        }
        dependencies = found
    }

    /// The quoted names in a list, and those in the lists it refers to by name.
    private static func names(in list: String, lists: [String: String]) -> Set<String> {
        var names = Set(list.matches(of: /"(\w+)"/).map { String($0.1) })
        for (variable, content) in lists where list.contains(try! Regex("\\b\(variable)\\b")) {
            names.formUnion(content.matches(of: /name: "(\w+)"/).map { String($0.1) })
        }
        return names
    }
}
