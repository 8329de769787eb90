// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import Graphs
import Knowledge
import Tensors
import Tokenization
import Transformers

/// A reader of untrusted bytes, as a fuzzer calls it.
package struct FuzzedReader: Sendable {
    /// The reader's name, which is also that of its folder in `Corpus`.
    package let name: String
    /// What is read, in a few words.
    package let summary: String
    /// Byte strings that mean something to the reader; mutations insert them.
    package let dictionary: [String]
    /// The most bytes of one input.
    package let limit: Int
    private let read: @Sendable ([UInt8]) throws -> Void

    init(
        _ name: String,
        _ summary: String,
        limit: Int = 16_384,
        dictionary: [String] = [],
        read: @escaping @Sendable ([UInt8]) throws -> Void
    ) {
        self.name = name
        self.summary = summary
        self.limit = limit
        self.dictionary = dictionary
        self.read = read
    }

    /// Every reader of untrusted bytes that there is.
    package static let all =
        modelReaders + hubReaders + tokenizationReaders + documentReaders + searchReaders + mediaReaders
        + graphReaders

    /// Reads the bytes and says what is wrong with the way the reader took them; nil where it read them or refused
    /// them with an error of its own type. A trap ends the process.
    package func complaint(about bytes: [UInt8]) -> String? {
        do {
            try read(bytes)
            return nil
        } catch let error as BrokenPromise {
            return error.message
        } catch {
            return isTyped(error) ? nil : "an error of another type than a reader's own: \(error)"
        }
    }
}

/// What a reader promises of its results, and did not keep.
struct BrokenPromise: Error {
    let message: String
}

/// Fails the input unless the promise was kept.
func promise(_ kept: Bool, _ message: @autoclosure () -> String) throws {
    if !kept { throw BrokenPromise(message: message()) }
}

/// Goes on where a step refuses its input with an error of its own type.
func attempt(_ step: () throws -> Void) throws {
    do { try step() } catch { if !isTyped(error) { throw error } }
}

private func isTyped(_ error: any Error) -> Bool {
    error is CheckpointError || error is TokenizationError || error is JSONError || error is ModelError
        || error is TensorError || error is KnowledgeError || error is GraphError
}
