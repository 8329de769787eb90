// SPDX-License-Identifier: Apache-2.0

/// Turns the bytes of tokens into text as they come, never cutting a UTF-8 character.
///
/// What it yields, joined, is what decoding all the bytes at once gives: a part that cannot become a character is
/// one U+FFFD, as Unicode's "maximal subpart" practice has it.
public struct StreamingDecoder: Sendable {
    /// The start of a character whose end has not come yet: at most three bytes.
    private var pending: [UInt8] = []

    /// Makes a decoder that has seen nothing.
    public init() {}

    /// Takes the bytes of one token and gives the characters that are whole now; possibly none.
    public mutating func append(_ bytes: [UInt8]) -> String {
        pending += bytes
        let whole = pending.count - Self.unfinished(pending)
        defer { pending.removeFirst(whole) }
        return String(decoding: pending[..<whole], as: UTF8.self)
    }

    /// Gives what is left, an unfinished character as U+FFFD, and begins anew.
    public mutating func finish() -> String {
        defer { pending = [] }
        return String(decoding: pending, as: UTF8.self)
    }

    /// How many bytes at the end are the start of a character that could still become whole.
    private static func unfinished(_ bytes: [UInt8]) -> Int {
        for back in 1...3 where back <= bytes.count {
            let lead = bytes[bytes.count - back]
            if lead & 0xC0 == 0x80 { continue }
            let length = lead >= 0xF0 && lead <= 0xF4 ? 4 : lead >= 0xE0 && lead < 0xF0 ? 3 : lead >= 0xC2 ? 2 : 1
            guard lead < 0xF5, back < length else { return 0 }
            guard back > 1 else { return 1 }
            // The second byte decides whether this start is one: overlong forms, surrogates and beyond U+10FFFF are not.
            let second = bytes[bytes.count - back + 1]
            switch lead {
            case 0xE0: return second >= 0xA0 ? back : 0
            case 0xED: return second < 0xA0 ? back : 0
            case 0xF0: return second >= 0x90 ? back : 0
            case 0xF4: return second < 0x90 ? back : 0
            default: return back
            }
        }
        return 0
    }
}
