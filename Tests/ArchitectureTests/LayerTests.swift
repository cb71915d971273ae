import Testing

/// The direction of imports, which is what the architecture is.
struct LayerTests {
    /// Part of the language's own library; no entry in the manifest is needed.
    private let builtIn: Set<String> = ["Swift", "_Concurrency", "_StringProcessing", "RegexBuilder"]
    /// What decides may not look at the world: no clock, no file, no lock, no C.
    private let forbiddenToDeciders: Set<String> = [
        "Foundation", "FoundationEssentials", "FoundationNetworking", "Glibc", "Musl", "Dispatch", "Synchronization",
        "Logging",
    ]
    private let systemLibraries: Set<String> = [
        "Foundation", "FoundationEssentials", "Glibc", "Dispatch", "Synchronization", "Testing",
    ]

    @Test(arguments: ["Vocabulary", "Formats", "Cores"])
    func decidersImportNothingOfTheWorld(level: String) throws {
        for (file, modules) in try imports(below: "Sources/\(level)") {
            // swift-protobuf's generator writes Foundation's Data for `bytes`.
            let isGenerated = file.hasSuffix(".pb.swift")
            for module in modules where !(isGenerated && module.hasPrefix("Foundation")) {
                let isC = module.first == "C" && module.dropFirst().first?.isUppercase == true
                #expect(
                    !forbiddenToDeciders.contains(module) && !module.hasPrefix("NIO") && !isC,
                    "\(file) imports \(module)")
            }
        }
    }

    @Test(arguments: [
        ("Vocabulary", ["Formats", "Cores", "Engines", "Shells", "Assembly"]),
        ("Formats", ["Cores", "Engines", "Shells", "Assembly"]),
        ("Cores", ["Engines", "Shells", "Assembly"]),
        ("Engines", ["Cores", "Shells", "Assembly"]),
        ("Shells", ["Assembly"]),
    ])
    func nothingImportsAHigherLevel(level: String, higher: [String]) throws {
        let tooHigh = Set(try higher.flatMap { try SourceTree.modules(of: $0) })
        for (file, modules) in try imports(below: "Sources/\(level)") {
            #expect(tooHigh.isDisjoint(with: modules), "\(file) imports \(tooHigh.intersection(modules).sorted())")
        }
    }

    @Test func noShellImportsAnotherExceptTheRuntime() throws {
        let shells = Set(try SourceTree.modules(of: "Shells")).subtracting(["Runtime"])
        for shell in shells {
            for (file, modules) in try imports(below: "Sources/Shells/\(shell)") {
                let others = shells.subtracting([shell]).intersection(modules)
                #expect(others.isEmpty, "\(file) imports \(others.sorted())")
            }
        }
    }

    @Test func whatATargetImportsIsListedInTheManifest() throws {
        let manifest = Manifest(try SourceTree.text(SourceTree.root.appendingPathComponent("Package.swift")))
        #expect(manifest.dependencies["Media"] == ["Primitives"], "the manifest is not understood")
        for level in ["Vocabulary", "Formats", "Cores", "Engines", "Shells", "Assembly"] {
            for target in try SourceTree.modules(of: level) {
                let listed = try #require(manifest.dependencies[target], "\(target) is not in Package.swift")
                let allowed = listed.union(builtIn).union(systemLibraries)
                for (file, modules) in try imports(below: "Sources/\(level)/\(target)") {
                    #expect(allowed.isSuperset(of: modules), "\(file): \(Set(modules).subtracting(allowed).sorted())")
                }
            }
        }
    }

    @Test func locksAndAtomicsStayInTheRuntime() throws {
        for (file, modules) in try imports(below: "Sources") where !file.hasPrefix("Sources/Shells/Runtime/") {
            #expect(!modules.contains("Synchronization"), "\(file) imports Synchronization")
        }
    }

    @Test(arguments: [
        ("import Media", ["Media"]),
        ("import struct Media.VideoFrame", ["Media"]),
        ("@testable import RTP", ["RTP"]),
        ("package import NIOCore\nimport func Glibc.poll", ["NIOCore", "Glibc"]),
        ("@_spi(Internals) @preconcurrency import Logging", ["Logging"]),
        ("// import Foundation\nlet text = \"import Foundation\"", []),
    ])
    func everyFormOfImportIsSeen(source: String, modules: [String]) {
        #expect(importedModules(in: source) == modules)
    }

    private func imports(below folder: String) throws -> [(file: String, modules: [String])] {
        try SourceTree.files(below: folder, extensions: ["swift"]).map { file in
            (SourceTree.relative(file), importedModules(in: try SourceTree.text(file)))
        }
    }
}
