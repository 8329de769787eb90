// SPDX-License-Identifier: Apache-2.0

extension Normalizer {
    init(_ description: Description, depth: Int = 0) throws(TokenizationError) {
        let type = try description.string("type")
        switch type {
        case "BertNormalizer":
            var normalizer = BertNormalizer()
            normalizer.cleansText = try description.bool("clean_text", default: true)
            normalizer.separatesChinese = try description.bool("handle_chinese_chars", default: true)
            normalizer.lowercases = try description.bool("lowercase", default: true)
            normalizer.stripsAccents = try description.bool("strip_accents", default: normalizer.lowercases)
            self = .bert(normalizer)
        case "NFC": self = .form(composed: true, compatibility: false)
        case "NFD": self = .form(composed: false, compatibility: false)
        case "NFKC": self = .form(composed: true, compatibility: true)
        case "NFKD": self = .form(composed: false, compatibility: true)
        case "Lowercase": self = .lowercase
        case "StripAccents": self = .stripAccents
        case "Strip":
            self = .strip(
                left: try description.bool("strip_left", default: true),
                right: try description.bool("strip_right", default: true)
            )
        case "Replace":
            let pattern = try description.required("pattern")
            if try pattern.member("Regex")?.string() == " {2,}" {
                self = .collapseSpaces(with: try description.bytes("content"))
            } else {
                self = .replace(try description.literalPattern(), with: try description.bytes("content"))
            }
        case "Precompiled": self = .characters(try description.required("precompiled_charsmap").characterMap())
        case "Prepend": self = .prepend(try description.bytes("prepend"))
        case "Sequence":
            self = .sequence(
                try description.sequence("normalizers", depth: depth) { (part, depth) throws(TokenizationError) in
                    try Normalizer(part, depth: depth)
                }
            )
        default: throw description.notSupported("the normalizer \(quoted(type))")
        }
    }
}

extension Description {
    /// The text of `pattern`; a regular expression is refused.
    func literalPattern() throws(TokenizationError) -> [UInt8] {
        let pattern = try required("pattern")
        if let expression = try pattern.member("Regex") {
            throw pattern.notSupported("the regular expression \(quoted(try expression.string()))")
        }
        let literal = try pattern.bytes("String")
        guard !literal.isEmpty else { throw pattern.malformed("an empty pattern") }
        return literal
    }
}

extension PreTokenizer {
    init(_ description: Description, depth: Int = 0) throws(TokenizationError) {
        let type = try description.string("type")
        switch type {
        case "BertPreTokenizer": self = .bert
        case "ByteLevel":
            self = .byteLevel(
                addsPrefixSpace: try description.bool("add_prefix_space", default: true),
                splits: try description.bool("use_regex", default: true)
            )
        case "Split": self = try Self.split(description)
        case "Digits": self = .digits(individual: try description.bool("individual_digits", default: false))
        case "Punctuation": self = .punctuation(try description.behavior(default: .isolated))
        case "Metaspace":
            self = .metaspace(
                replacement: try description.metaspace(),
                prepends: try description.prependsMetaspace(),
                splits: try description.bool("split", default: true)
            )
        case "Whitespace": self = .whitespace
        case "WhitespaceSplit": self = .whitespaceSplit
        case "Sequence":
            let parts = try description.sequence("pretokenizers", depth: depth) {
                (part, depth) throws(TokenizationError) in try PreTokenizer(part, depth: depth)
            }
            // What comes after it would see its alphabet instead of the text.
            guard !parts.dropLast().contains(where: { $0.isByteLevel }) else {
                throw description.notSupported("pre-tokenizers after ByteLevel")
            }
            self = .sequence(parts)
        default: throw description.notSupported("the pre-tokenizer \(quoted(type))")
        }
    }

    private static func split(_ description: Description) throws(TokenizationError) -> PreTokenizer {
        let pattern = try description.required("pattern")
        let split: SplitPattern
        if let expression = try pattern.member("Regex") {
            let text = try expression.string()
            guard let known = SplitPattern(expression: text) else {
                throw pattern.notSupported("the regular expression \(quoted(text))")
            }
            split = known
        } else {
            split = .literal(try description.literalPattern())
        }
        return .split(
            split,
            try description.behavior(default: nil),
            inverted: try description.bool("invert", default: false)
        )
    }
}

extension Description {
    /// The sign that stands for a space.
    func metaspace() throws(TokenizationError) -> [UInt8] {
        let sign = try member("replacement")?.string() ?? "▁"
        guard sign.unicodeScalars.count == 1 else { throw malformed("the sign for a space is no single character") }
        return Array(sign.utf8)
    }

    /// Whether that sign is put in front of every text.
    func prependsMetaspace() throws(TokenizationError) -> Bool {
        guard let scheme = try member("prepend_scheme") else { return try bool("add_prefix_space", default: true) }
        switch try scheme.string() {
        case "always": return true
        case "never": return false
        case let other: throw scheme.notSupported("the way \(quoted(other)) of putting a space in front")
        }
    }

    func characterMap() throws(TokenizationError) -> CharacterMap {
        guard let bytes = [UInt8](base64: try string()) else { throw malformed("the character map is no base64") }
        return try CharacterMap(precompiled: bytes, key: path)
    }

    func behavior(default value: SplitBehavior?) throws(TokenizationError) -> SplitBehavior {
        guard let member = try member("behavior") else {
            guard let value else { throw malformed("there is no \"behavior\"") }
            return value
        }
        guard let behavior = SplitBehavior(rawValue: try member.string()) else {
            throw member.malformed("no such behavior")
        }
        return behavior
    }
}

extension Decoder {
    init(_ description: Description, depth: Int = 0) throws(TokenizationError) {
        let type = try description.string("type")
        switch type {
        case "ByteLevel": self = .byteLevel
        case "WordPiece":
            self = .wordPiece(
                prefix: Array((try description.member("prefix")?.string() ?? "##").utf8),
                cleansUp: try description.bool("cleanup", default: true)
            )
        case "Metaspace":
            self = .metaspace(
                replacement: try description.metaspace(),
                strips: try description.prependsMetaspace()
            )
        case "ByteFallback": self = .byteFallback
        case "Fuse": self = .fuse
        case "BPEDecoder": self = .endOfWord(suffix: Array((try description.member("suffix")?.string() ?? "</w>").utf8))
        case "Strip":
            self = .strip(
                content: try description.bytes("content"),
                start: try description.required("start").count(),
                stop: try description.required("stop").count()
            )
        case "Replace":
            self = .replace(try description.literalPattern(), with: try description.bytes("content"))
        case "Sequence":
            self = .sequence(
                try description.sequence("decoders", depth: depth) { (part, depth) throws(TokenizationError) in
                    try Decoder(part, depth: depth)
                }
            )
        default: throw description.notSupported("the decoder \(quoted(type))")
        }
        guard growth <= 1024 else {
            throw TokenizationError(
                .limitExceeded,
                "the decoder makes a text more than 1,024 times as long",
                key: description.path
            )
        }
    }
}

extension PostProcessor {
    init(_ description: Description, vocabulary: Vocabulary, depth: Int = 0) throws(TokenizationError) {
        let type = try description.string("type")
        switch type {
        case "ByteLevel": self.init()
        case "TemplateProcessing": self = try Self.template(description, vocabulary)
        case "BertProcessing", "RobertaProcessing":
            let first = try Self.token(try description.required("cls"), vocabulary)
            let end = try Self.token(try description.required("sep"), vocabulary)
            let isBert = type == "BertProcessing"
            var pair = PairTemplate()
            pair.before = [.init(id: first, segment: 0)]
            pair.between = Array(repeating: .init(id: end, segment: 0), count: isBert ? 1 : 2)
            pair.secondSegment = isBert ? 1 : 0
            pair.after = [.init(id: end, segment: pair.secondSegment)]
            self.init(before: [first], after: [end], pair: pair)
        case "Sequence":
            let parts = try description.sequence("processors", depth: depth) {
                (part, depth) throws(TokenizationError) in
                try PostProcessor(part, vocabulary: vocabulary, depth: depth)
            }
            self = parts.reduce(PostProcessor()) { $0.wrapped(in: $1) }
        default: throw description.notSupported("the post-processor \(quoted(type))")
        }
    }

    private static func template(_ description: Description, _ vocabulary: Vocabulary) throws(TokenizationError)
        -> PostProcessor
    {
        let known = try description.member("special_tokens")
        var processor = PostProcessor()
        var seenText = false
        for piece in try description.required("single").elements() {
            if let sequence = try piece.member("Sequence") {
                guard try sequence.string("id") == "A", !seenText else {
                    throw sequence.malformed("the template for one text must hold A once and nothing else")
                }
                seenText = true
                continue
            }
            let name = try piece.required("SpecialToken").string("id")
            guard let token = try known?.member(name) else {
                throw piece.malformed("the special token \(quoted(name)) is not among \"special_tokens\"")
            }
            var ids: [Int32] = []
            for id in try token.required("ids").elements() { ids.append(try checked(id, vocabulary)) }
            if seenText { processor.after += ids } else { processor.before += ids }
        }
        guard seenText else { throw description.malformed("the template for one text does not hold A") }
        processor.pair = try Self.pair(description, vocabulary)
        return processor
    }

    /// `pair` of a template; nil where there is none.
    private static func pair(_ description: Description, _ vocabulary: Vocabulary) throws(TokenizationError)
        -> PairTemplate?
    {
        guard let pieces = try description.member("pair"), pieces.value != .array([]) else { return nil }
        let known = try description.member("special_tokens")
        var pair = PairTemplate()
        var texts = 0
        for piece in try pieces.elements() {
            if let sequence = try piece.member("Sequence") {
                let segment = try sequence.member("type_id")?.id() ?? 0
                switch (try sequence.string("id"), texts) {
                case ("A", 0): pair.firstSegment = segment
                case ("B", 1): pair.secondSegment = segment
                default: throw sequence.malformed("the template for two texts must hold A once, then B once")
                }
                texts += 1
                continue
            }
            let special = try piece.required("SpecialToken")
            let name = try special.string("id")
            guard let token = try known?.member(name) else {
                throw piece.malformed("the special token \(quoted(name)) is not among \"special_tokens\"")
            }
            let segment = try special.member("type_id")?.id() ?? 0
            for id in try token.required("ids").elements() {
                let mark = PairTemplate.Mark(id: try checked(id, vocabulary), segment: segment)
                switch texts {
                case 0: pair.before.append(mark)
                case 1: pair.between.append(mark)
                default: pair.after.append(mark)
                }
            }
        }
        guard texts == 2 else { throw pieces.malformed("the template for two texts does not hold A and B") }
        return pair
    }

    /// A pair of a token and its id.
    private static func token(_ pair: Description, _ vocabulary: Vocabulary) throws(TokenizationError) -> Int32 {
        let elements = try pair.elements()
        guard elements.count == 2 else { throw pair.malformed("expected a token and its id") }
        return try checked(elements[1], vocabulary)
    }

    private static func checked(_ id: Description, _ vocabulary: Vocabulary) throws(TokenizationError) -> Int32 {
        let value = try id.id()
        guard value < vocabulary.count else {
            throw id.malformed("there is no token \(value) in a vocabulary of \(vocabulary.count)")
        }
        return value
    }
}
