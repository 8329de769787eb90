// SPDX-License-Identifier: Apache-2.0

/// Reads `model` of a tokenizer.json.
struct ModelReader {
    let description: Description
    /// The model's own tokens, without added ones.
    let vocabulary: Vocabulary
    let tokens: [String]
    let specialIDs: Set<Int32>
    let isByteLevel: Bool

    /// The model's tokens by id.
    ///
    /// - Throws: `TokenizationError` unless the ids are 0, 1, 2 … with none missing and none twice.
    static func vocabulary(_ model: Description) throws(TokenizationError) -> [String] {
        let description = try model.required("vocab")
        if description.value.array != nil { return try scoredVocabulary(description).tokens }
        guard let entries = description.value.object else { throw description.malformed("expected an object") }
        var tokens = [String?](repeating: nil, count: entries.count)
        for (token, value) in entries {
            guard let id = value.integer, id >= 0, id < tokens.count else {
                throw description.malformed(
                    "\(quoted(token)) must have an id from 0 to \(tokens.count - 1), for \(tokens.count) tokens"
                )
            }
            guard tokens[id] == nil else {
                throw description.malformed("\(quoted(token)) and \(quoted(tokens[id] ?? "")) have the same id \(id)")
            }
            tokens[id] = token
        }
        return tokens.compactMap { $0 }
    }

    func model() throws(TokenizationError) -> Model {
        // Files from before there were several models do not name theirs.
        let type =
            try description.member("type")?.string()
            ?? (description.value["merges"] != nil
                ? "BPE" : description.value["unk_id"] != nil ? "Unigram" : "WordPiece")
        switch type {
        case "BPE": return .bytePairEncoding(try bytePairEncoding())
        case "WordPiece": return .wordPiece(try wordPiece())
        case "Unigram": return .unigram(try unigram())
        default: throw description.notSupported("the model \(quoted(type))")
        }
    }

    private func wordPiece() throws(TokenizationError) -> WordPiece {
        let unknown = try description.member("unk_token")?.string() ?? "[UNK]"
        guard let unknownID = vocabulary.id(of: unknown) else {
            throw description.malformed("the unknown token \(quoted(unknown)) is not in the vocabulary")
        }
        let prefix = Array((try description.member("continuing_subword_prefix")?.string() ?? "##").utf8)
        let entries = tokens.enumerated().map { id, token in
            let text = Array(token.utf8)
            guard !specialIDs.contains(Int32(id)), !text.isEmpty else { return WordPiece.Entry() }
            let continues = text.starts(with: prefix) && text.count > prefix.count
            return WordPiece.Entry(beginning: text, continuation: continues ? Array(text[prefix.count...]) : nil)
        }
        let maximum = try description.member("max_input_chars_per_word")
        let characters = try maximum?.count() ?? 100
        if let maximum, characters > Self.longestWord {
            throw maximum.notSupported("words of \(characters) characters; \(Self.longestWord) are the most")
        }
        return WordPiece(entries: entries, unknownID: unknownID, maximumCharacters: characters)
    }

    /// The most characters of a word that is looked at piece by piece, which takes the square of its length.
    private static let longestWord = 1_000

    private func bytePairEncoding() throws(TokenizationError) -> BytePairEncoding {
        if let dropout = try description.member("dropout"), dropout.value.number != 0 {
            throw dropout.notSupported("dropout, which makes ids random")
        }
        var options = BytePairEncoding.Options(isByteLevel: isByteLevel)
        if let unknown = try description.member("unk_token") {
            guard let id = vocabulary.id(of: try unknown.string()) else {
                throw unknown.malformed("the unknown token is not in the vocabulary")
            }
            options.unknownID = id
        }
        options.fusesUnknown = try description.bool("fuse_unk", default: false)
        options.continuingPrefix = Array(try description.member("continuing_subword_prefix")?.string().utf8 ?? "".utf8)
        options.endOfWordSuffix = Array(try description.member("end_of_word_suffix")?.string().utf8 ?? "".utf8)
        options.fallsBackToBytes = try description.bool("byte_fallback", default: false)
        options.ignoresMerges = try description.bool("ignore_merges", default: false)
        let merges = try merges(continuingPrefix: options.continuingPrefix)
        return BytePairEncoding(vocabulary: vocabulary, merges: merges, options: options, specialIDs: specialIDs)
    }

    private func merges(continuingPrefix: [UInt8]) throws(TokenizationError) -> MergeTable {
        let list = try description.required("merges")
        guard let elements = list.value.array else { throw list.malformed("expected an array") }
        var builder = MergeTableBuilder(
            vocabulary: vocabulary,
            count: elements.count,
            continuingPrefix: continuingPrefix,
            key: list.path
        )
        for element in elements {
            if let line = element.string {
                // The first line of a merges.txt, which some files carry along.
                if line.hasPrefix("#version") { continue }
                try builder.add(line: line)
            } else if let pair = element.array, pair.count == 2, let left = pair[0].string, let right = pair[1].string {
                try builder.add(Array(left.utf8), Array(right.utf8))
            } else {
                throw builder.malformed("expected two tokens")
            }
        }
        return builder.finish()
    }
}

/// Makes a merge table from pairs of tokens, the most important first.
struct MergeTableBuilder {
    private let vocabulary: Vocabulary
    private let continuingPrefix: [UInt8]
    private let key: String
    private var table: MergeTable
    private var rank: UInt32 = 0

    init(vocabulary: Vocabulary, count: Int, continuingPrefix: [UInt8] = [], key: String) {
        self.vocabulary = vocabulary
        self.continuingPrefix = continuingPrefix
        self.key = key
        table = MergeTable(capacity: count)
    }

    func malformed(_ message: String) -> TokenizationError {
        TokenizationError(.malformed, message, key: "\(key)[\(rank)]")
    }

    /// Adds a merge written as two tokens with a space between.
    mutating func add(line: String) throws(TokenizationError) {
        let bytes = Array(line.utf8)
        guard let space = bytes.dropFirst().firstIndex(of: 0x20), space + 1 < bytes.count,
            !bytes[(space + 1)...].contains(0x20)
        else { throw malformed("expected two tokens with a space between, not \(quoted(line))") }
        try add(Array(bytes[..<space]), Array(bytes[(space + 1)...]))
    }

    mutating func add(_ left: [UInt8], _ right: [UInt8]) throws(TokenizationError) {
        guard right.starts(with: continuingPrefix) else {
            throw malformed("\(text(right)) does not begin with the prefix of continuing subwords")
        }
        let product = left + right[continuingPrefix.count...]
        let leftID = try id(left)
        let rightID = try id(right)
        table.insert(leftID, rightID, MergeTable.Merge(rank: rank, product: try id(product)))
        rank += 1
    }

    private func id(_ token: [UInt8]) throws(TokenizationError) -> Int32 {
        guard let id = vocabulary.id(of: token) else { throw malformed("\(text(token)) is not in the vocabulary") }
        return id
    }

    private func text(_ token: [UInt8]) -> String { quoted(String(decoding: token, as: UTF8.self)) }

    func finish() -> MergeTable {
        var table = table
        table.finish()
        return table
    }
}
