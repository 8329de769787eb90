// SPDX-License-Identifier: Apache-2.0

/// Source code as it stands. The line that begins a type or function is also a heading: what follows stands under its
/// name.
struct SourceCodeReader: LineReader {
    private let language: ProgrammingLanguage?
    private var lineIsOpen = false

    init(path: String) {
        language = ProgrammingLanguage(ending: DocumentFormat.ending(of: path))
    }

    mutating func read(_ text: String, endsLine: Bool, place: SourcePlace) -> [ExtractedLine] {
        let continued = lineIsOpen
        lineIsOpen = !endsLine
        let isBlank = !continued && text.allSatisfy(\.isWhitespace)
        let line = ExtractedLine(text: text, kind: isBlank ? .separator : .code, endsLine: endsLine, place: place)
        guard !continued, endsLine, !isBlank, let (level, title) = language?.declaration(text) else { return [line] }
        // The heading has no text of its own: the line itself is part of the passage.
        return [ExtractedLine(text: "", kind: .heading(level: level, title: title), endsLine: false), line]
    }

    mutating func finish() -> [ExtractedLine] { [] }
}

/// A programming language, as far as it takes to see where types and functions begin.
struct ProgrammingLanguage {
    private let leads: Set<String>
    private let modifiers: Set<String>
    private let hasPlainFunctions: Bool

    /// The language of files with this ending; nil for one that is not known.
    init?(ending: String) {
        guard let family = Self.endings[ending] else { return nil }
        leads = Self.leads[family] ?? []
        modifiers = Self.modifiers
        hasPlainFunctions = family == "c"
    }

    /// The name and depth of what a line begins to declare.
    func declaration(_ line: String) -> (level: Int, title: String)? {
        let trimmed = line.drop { $0 == " " || $0 == "\t" }
        let indentation = line.count - trimmed.count
        guard indentation <= 8, trimmed.count <= 400, let first = trimmed.first,
            first.isLetter || first == "@" || first == "_"
        else { return nil }
        let words = trimmed.split(separator: " ", maxSplits: 12, omittingEmptySubsequences: true)
        let named = words.drop { modifiers.contains(String($0)) || $0.hasPrefix("@") || $0.hasPrefix("pub(") }
        let level = indentation == 0 ? 1 : indentation <= 4 ? 2 : 3
        if let lead = named.first, leads.contains(String(lead)) || leads.contains(String(lead.prefix { $0 != "(" })),
            named.count > 1
        {
            return (level, title(trimmed))
        }
        guard hasPlainFunctions, indentation == 0, words.count > 1, let open = trimmed.firstIndex(of: "("),
            !trimmed[..<open].contains("="), trimmed.last == "{" || trimmed.last == ")" || trimmed.last == ","
        else { return nil }
        return (1, title(trimmed))
    }

    /// The line without what opens its body.
    private func title(_ line: Substring) -> String {
        var title = line
        while let last = title.last, last == "{" || last == ":" || last.isWhitespace { title.removeLast() }
        return String(title.split(whereSeparator: \.isWhitespace).joined(separator: " ").prefix(HeadingText.limit))
    }

    private static let modifiers: Set<String> = [
        "public", "private", "protected", "internal", "fileprivate", "package", "open", "static", "final", "abstract",
        "async", "export", "default", "override", "mutating", "nonisolated", "indirect", "virtual", "inline", "extern",
        "unsafe", "const", "pub", "sealed", "partial", "data", "suspend", "native", "synchronized", "readonly", "local",
    ]

    /// Words that begin a declaration, by family of languages.
    private static let leads: [String: Set<String>] = [
        "swift": ["func", "struct", "class", "enum", "protocol", "extension", "actor", "init", "macro"],
        "python": ["def", "class"],
        "c": ["struct", "union", "enum", "class", "namespace", "template"],
        "java": ["class", "interface", "enum", "record", "fun", "object", "trait", "def", "namespace", "struct"],
        "javascript": ["function", "function*", "class", "interface", "enum", "namespace", "type"],
        "rust": ["fn", "struct", "enum", "trait", "impl", "mod", "union"],
        "go": ["func", "type"],
        "ruby": ["def", "class", "module"],
        "shell": ["function"],
        "php": ["function", "class", "interface", "trait", "namespace"],
        "lua": ["function"],
        "perl": ["sub", "package"],
        "sql": ["CREATE", "create"],
        "haskell": ["data", "class", "instance", "newtype", "module"],
    ]

    private static let endings: [String: String] = [
        "swift": "swift", "py": "python", "pyi": "python", "pyx": "python", "c": "c", "h": "c", "cc": "c", "cpp": "c",
        "cxx": "c", "hh": "c", "hpp": "c", "hxx": "c", "m": "c", "mm": "c", "cu": "c", "java": "java", "kt": "java",
        "kts": "java", "scala": "java", "cs": "java", "groovy": "java", "js": "javascript", "mjs": "javascript",
        "cjs": "javascript", "jsx": "javascript", "ts": "javascript", "tsx": "javascript", "rs": "rust", "go": "go",
        "rb": "ruby", "sh": "shell", "bash": "shell", "zsh": "shell", "php": "php", "lua": "lua", "pl": "perl",
        "pm": "perl", "sql": "sql", "hs": "haskell", "css": "style", "scss": "style", "yaml": "data", "yml": "data",
        "toml": "data", "ini": "data", "cfg": "data", "conf": "data", "cmake": "data", "mk": "data", "diff": "data",
        "patch": "data", "el": "lisp", "lisp": "lisp", "clj": "lisp", "r": "r", "jl": "julia", "dart": "java",
    ]
}
