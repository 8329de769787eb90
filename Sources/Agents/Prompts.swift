// SPDX-License-Identifier: Apache-2.0

/// A prompt from `Prompts/`, with `{name}` where a value goes.
struct PromptTemplate: Sendable {
    private let text: String

    static let questions = PromptTemplate(PackageResources.questions_txt)
    static let conversation = PromptTemplate(PackageResources.conversation_txt)
    static let wording = PromptTemplate(PackageResources.wording_txt)
    static let examples = PromptTemplate(PackageResources.examples_txt)
    static let talk = PromptTemplate(PackageResources.talk_txt)
    static let passage = PromptTemplate(PackageResources.passage_txt)

    private init(_ bytes: [UInt8]) {
        var text = String(decoding: bytes, as: UTF8.self)
        while text.last?.isNewline == true { text.removeLast() }
        self.text = text
    }

    /// The prompt with each place filled once; what is filled in is never read for places itself.
    func filled(_ values: [String: String] = [:]) -> String {
        var result = ""
        var rest = text[...]
        while let open = rest.firstIndex(of: "{"), let close = rest[open...].firstIndex(of: "}") {
            result += rest[..<open]
            let name = rest[rest.index(after: open)..<close]
            result += values[String(name)] ?? String(rest[open...close])
            rest = rest[rest.index(after: close)...]
        }
        return result + rest
    }
}
