// SPDX-License-Identifier: Apache-2.0

/// What a chat template may cost. A template comes with a model file, so it is a program from a stranger.
///
/// Sources: templates of published models stay below a twentieth of each bound; 300,000 steps take under half a second.
enum TemplateLimits {
    /// Bytes of a template's source.
    static let sourceBytes = 1 << 20
    /// How deep statements and expressions may nest in the source.
    static let syntaxDepth = 96
    /// How deep evaluation may nest, macros that call each other included.
    static let evaluationDepth = 200
    /// Statements run plus expressions evaluated.
    static let steps = 300_000
    /// Unicode scalars of any one text, the rendered prompt included.
    static let textScalars = 4 << 20
    /// Unicode scalars and elements that all texts and lists together may have been made of.
    static let work = 16 << 20
    /// Elements of a `range`, as Jinja's sandbox has it.
    static let rangeElements = 100_000
    /// How deep lists and mappings may nest.
    static let valueDepth = 160
    /// Parts of one value, those that stand in it several times counted as often.
    static let valueWeight = 1 << 20
}

/// One place that words and numbers what can go wrong in a template.
enum TemplateFault {
    static func syntax(_ what: String, line: Int) -> TokenizationError {
        TokenizationError(.malformed, "line \(line): \(what)", key: "chat_template")
    }

    static func unsupported(_ what: String, line: Int) -> TokenizationError {
        TokenizationError(.notSupported, "line \(line): \(what) is not supported", key: "chat_template")
    }

    static func evaluation(_ what: String, line: Int) -> TokenizationError {
        TokenizationError(.templateFailed, "line \(line): \(what)", key: "chat_template")
    }

    static func limit(_ what: String, line: Int) -> TokenizationError {
        TokenizationError(.limitExceeded, "line \(line): \(what)", key: "chat_template")
    }

    /// A name out of the source for a message: short, and on one line.
    static func quoted(_ name: String) -> String {
        var text = ""
        for scalar in name.unicodeScalars.prefix(48) {
            text.unicodeScalars.append(scalar.value < 0x20 || scalar.value == 0x7F ? " " : scalar)
        }
        return "`\(text)`"
    }
}
