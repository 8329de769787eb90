// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

/// What the README shows is what compiles and what is there.
@Suite struct ReadmeTests {
    private let root: URL
    private let readme: String

    init() throws {
        root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        readme = try String(contentsOf: root.appending(path: "README.md"), encoding: .utf8)
    }

    /// The Swift of the README is the body of `readmeExample`, which this target compiles.
    @Test func exampleIsTheOneThatCompiles() throws {
        let file = root.appending(path: "Tests/AgentsTests/ReadmeExample.swift")
        let lines = try String(contentsOf: file, encoding: .utf8).components(separatedBy: "\n")
        let begin = try #require(lines.firstIndex { $0.hasSuffix("// README begins") })
        let end = try #require(lines.firstIndex { $0.hasSuffix("// README ends") })
        let body = lines[(begin + 1)..<end].map { $0.hasPrefix("    ") ? String($0.dropFirst(4)) : $0 }
        let imports = lines.filter { $0.hasPrefix("import ") }
        #expect(body.count > 3)
        #expect(readme.contains("```swift\n" + (imports + [""] + body).joined(separator: "\n") + "\n```"))
    }

    /// Each file and folder of this repository that the README links to or lists is there.
    @Test func pathsExist() throws {
        let listed = readme.matches(of: /`((?:Sources|Scripts|Examples)\/[A-Za-z.\/]+)`/).map { String($0.1) }
        let linked = readme.matches(of: /\]\(([^:)]+)\)/).map { String($0.1) }
        #expect(listed.count > 10 && linked.count > 2)
        for path in listed + linked {
            #expect(FileManager.default.fileExists(atPath: root.appending(path: path).path), "\(path)")
        }
    }

    /// Each proof that a page names is one that `Scripts/prove` lists.
    @Test func proofsExist() throws {
        let pages = try ["README.md", "CONTRIBUTING.md", "docs/architecture.md"]
            .map { try String(contentsOf: root.appending(path: $0), encoding: .utf8) }.joined()
        let named = pages.matches(of: /Scripts\/prove ([a-z]+)/).map { String($0.1) }
        #expect(!named.isEmpty)
        for name in named {
            #expect(FileManager.default.isExecutableFile(atPath: root.appending(path: "Scripts/prove.d/\(name)").path))
        }
    }
}
