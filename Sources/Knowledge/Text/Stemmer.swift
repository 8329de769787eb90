// SPDX-License-Identifier: Apache-2.0
import CStemmer
import Synchronization

/// The stem of a word by Snowball's algorithm for its language.
enum Stemmer {
    // A stemmer of the library keeps its last word, so each is used by one at a time; they live as long as the process.
    private static let stemmers = Mutex<[Language: Handle]>([:])

    private struct Handle: @unchecked Sendable {
        var pointer: OpaquePointer
    }

    /// `word` is in lower case, with its accents; one that the library does not know stays as it is.
    static func stem(_ word: String, _ language: Language) -> String {
        stemmers.withLock { stemmers in
            if stemmers[language] == nil, let made = sb_stemmer_new(language.rawValue, "UTF_8") {
                stemmers[language] = Handle(pointer: made)
            }
            guard let handle = stemmers[language] else { return word }
            var word = word
            return word.withUTF8 { bytes -> String? in
                guard let stem = sb_stemmer_stem(handle.pointer, bytes.baseAddress, Int32(clamping: bytes.count)) else {
                    return nil
                }
                let count = Int(sb_stemmer_length(handle.pointer))
                return count > 0 ? String(decoding: UnsafeBufferPointer(start: stem, count: count), as: UTF8.self) : nil
            } ?? word
        }
    }
}
