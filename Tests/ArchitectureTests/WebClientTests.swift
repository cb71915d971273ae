import Foundation
import Testing

/// Rules for the files of the web client, which are part of the program.
struct WebClientTests {
    private let folder = "Sources/System/CWebClient/web"

    @Test func namesNoOtherHost() throws {
        let known: Set<String> = ["http://www.w3.org/2000/svg"]
        for file in try files() {
            let text = try SourceTree.text(file)
            for match in text.matches(of: /(?:https?:)?\/\/[a-z0-9-]+(?:\.[a-z0-9-]+)+[^\s"'`)]*/) {
                #expect(known.contains(String(match.0)), "\(SourceTree.relative(file)) refers to \(match.0)")
            }
        }
    }

    @Test func takesTextFromOthersOnlyAsText() throws {
        let dangerous = [
            "innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function", "DOMParser",
        ]
        for file in try files() {
            let text = try SourceTree.text(file)
            for word in dangerous {
                #expect(!text.contains(word), "\(SourceTree.relative(file)) uses \(word)")
            }
        }
    }

    /// The server's policy allows neither inline scripts nor inline styles.
    @Test func hasNothingInline() throws {
        let page = try SourceTree.text(SourceTree.root.appendingPathComponent("\(folder)/index.html"))
        #expect(!page.contains("style="))
        #expect(!page.contains("<style"))
        #expect(!page.contains(/\son[a-z]+=/))
        for match in page.matches(of: /<script[^>]*>(?<inside>[^<]*)<\/script>/) {
            #expect(match.inside.isEmpty)
        }
    }

    /// A path that leads nowhere shows only in a browser, and then as a blank page.
    @Test func importsOnlyFilesThatExist() throws {
        for file in try files() where file.pathExtension == "js" {
            for match in try SourceTree.text(file).matches(of: /from '(?<path>[^']+)'/) {
                let target = file.deletingLastPathComponent().appendingPathComponent(String(match.path)).standardized
                #expect(match.path.hasPrefix("."), "\(SourceTree.relative(file)) imports \(match.path)")
                #expect(
                    FileManager.default.fileExists(atPath: target.path),
                    "\(SourceTree.relative(file)) imports \(match.path)")
            }
        }
    }

    private func files() throws -> [URL] {
        let found = try SourceTree.files(below: folder, extensions: ["js", "css", "html", "svg"])
        #expect(!found.isEmpty)
        return found
    }
}
