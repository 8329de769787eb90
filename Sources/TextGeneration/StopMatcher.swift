// SPDX-License-Identifier: Apache-2.0

/// Finds stop strings in a growing text, over the bytes of its tokens, wherever the tokens are cut.
package struct StopMatcher: Sendable {
    private let stops: [[UInt8]]
    private var held: [UInt8] = []

    package init(_ stops: [[UInt8]]) { self.stops = stops }

    /// Takes a token's bytes and gives those that can be shown, and whether a stop string is complete.
    ///
    /// What could be the start of a stop string is held back; of several complete ones the one that starts first ends
    /// the text.
    /// - Complexity: O(n · m) for n bytes held and new and m bytes of stop strings.
    package mutating func append(_ bytes: [UInt8]) -> (text: [UInt8], stopped: Bool) {
        guard !stops.isEmpty else { return (bytes, false) }
        held += bytes
        for start in held.indices where stops.contains(where: { held[start...].starts(with: $0) }) {
            let text = Array(held[..<start])
            held = []
            return (text, true)
        }
        let keep = held.indices.first { start in stops.contains { $0.starts(with: held[start...]) } } ?? held.endIndex
        let text = Array(held[..<keep])
        held.removeFirst(keep)
        return (text, false)
    }

    /// What was held back, when the text ends by anything else.
    package mutating func finish() -> [UInt8] {
        defer { held = [] }
        return held
    }
}
