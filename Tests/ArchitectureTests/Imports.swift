/// The modules a Swift source file imports, in whatever form: `import X`, `@testable import X`, `public import X`,
/// `import struct X.Y`.
func importedModules(in source: String) -> [String] {
    let kinds: Set<Substring> = ["struct", "class", "enum", "protocol", "typealias", "func", "let", "var", "actor"]
    return source.split(whereSeparator: \.isNewline).compactMap { line in
        var words = line.split { $0 == " " || $0 == "\t" || $0 == ";" }[...]
        while let first = words.first, first.hasPrefix("@") || accessLevels.contains(first) { words.removeFirst() }
        guard words.popFirst() == "import" else { return nil }
        if let kind = words.first, kinds.contains(kind) { words.removeFirst() }
        return words.first?.split(separator: ".").first.map(String.init)
    }
}

private let accessLevels: Set<Substring> = ["public", "package", "internal", "fileprivate", "private"]
