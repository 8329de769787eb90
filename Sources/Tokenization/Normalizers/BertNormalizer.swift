// SPDX-License-Identifier: Apache-2.0

/// What BERT does to a text: cleans it, sets Chinese characters apart, strips accents, lowers the case.
struct BertNormalizer: Sendable {
    var cleansText = true
    var separatesChinese = true
    var stripsAccents = true
    var lowercases = true

    func applied(to text: [UInt8]) -> [UInt8] {
        let classes = CharacterClasses.shared
        var scalars: [UInt32] = []
        scalars.reserveCapacity(text.count)
        var highest: UInt32 = 0
        var position = 0
        while position < text.count {
            let (value, length) = text.scalar(at: position)
            position += length
            highest = max(highest, value)
            let kind = classes[value]
            if cleansText, kind.contains(.bertControl) { continue }
            if cleansText, kind.contains(.bertSpace) {
                scalars.append(0x20)
            } else if separatesChinese, kind.contains(.chinese) {
                scalars += [0x20, value, 0x20]
            } else {
                scalars.append(value)
            }
        }
        if stripsAccents, highest >= 0xA0 {
            scalars = Normalization.shared.decomposed(scalars).filter { !classes[$0].contains(.nonspacingMark) }
        }
        guard lowercases else { return [UInt8](scalars: scalars) }
        let lowercase = Lowercase.shared
        var result: [UInt8] = []
        result.reserveCapacity(text.count)
        for scalar in scalars { lowercase.append(scalar, to: &result) }
        return result
    }
}
