import Foundation

/// The files of this checkout, found from where this file is.
enum SourceTree {
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// Files below a folder with one of the extensions, sorted by path.
    static func files(below folder: String, extensions: Set<String>) throws -> [URL] {
        let top = root.appendingPathComponent(folder)
        guard let walk = FileManager.default.enumerator(at: top, includingPropertiesForKeys: nil) else { return [] }
        return walk.compactMap { $0 as? URL }
            .filter { extensions.contains($0.pathExtension) }
            .sorted { $0.path < $1.path }
    }

    static func text(_ file: URL) throws -> String {
        try String(contentsOf: file, encoding: .utf8)
    }

    /// A path as it is written in a message: from the top of the repository.
    static func relative(_ file: URL) -> String {
        String(file.path.dropFirst(root.path.count + 1))
    }

    /// The folders of modules on a level: `Sources/Cores/*`.
    static func modules(of level: String) throws -> [String] {
        let folder = root.appendingPathComponent("Sources/\(level)")
        return try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { !$0.hasPrefix(".") }.sorted()
    }
}
