// SPDX-License-Identifier: Apache-2.0
import Tokenization

/// Text from the bytes of generated tokens, in whole characters.
package struct StreamingText: Sendable {
    private var decoder = StreamingDecoder()

    package init() {}

    /// Takes a token's bytes; the last token brings out what is left.
    package mutating func append(_ bytes: [UInt8], isLast: Bool) -> String {
        let text = decoder.append(bytes)
        return isLast ? text + decoder.finish() : text
    }
}
