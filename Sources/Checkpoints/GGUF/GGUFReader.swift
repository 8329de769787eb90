// SPDX-License-Identifier: Apache-2.0

import Tensors

/// Reads the header, metadata and tensor list of a GGUF v3 file, strictly.
///
/// Format: <https://github.com/ggml-org/ggml/blob/master/docs/gguf.md>. Stricter than its readers: nothing may repeat,
/// overlap, leave a gap or follow the data, and what is kept in memory is bounded whatever the file claims.
struct GGUFReader {
    private var cursor: ByteCursor
    private let file: OpenFile
    private var kept = 0
    private var metadata: Metadata

    /// What the metadata and names of one file may take in memory; the largest vocabularies known take 16 MB.
    static let memoryLimit = 40 << 20
    /// The longest single string; chat templates are the longest known, at 20 kB.
    static let stringLimit = 16 << 20
    static let nestingLimit = 4
    static let tensorLimit = 65_536
    private static let dimensionLimit = 4

    /// What a GGUF file says of itself.
    struct Contents {
        let metadata: Metadata
        let tensors: [TensorDescription]
    }

    static func read(_ file: OpenFile) throws(CheckpointError) -> Contents {
        var reader = GGUFReader(file)
        return try reader.contents()
    }

    private init(_ file: OpenFile) {
        self.file = file
        cursor = ByteCursor(file)
        metadata = Metadata(file: file.path)
    }

    private mutating func contents() throws(CheckpointError) -> Contents {
        let (tensorCount, valueCount) = try header()
        for _ in 0..<valueCount { try keyValue() }
        let alignment = try self.alignment()
        let tensors = try tensorList(tensorCount, alignment: alignment)
        return Contents(metadata: metadata, tensors: tensors)
    }

    private mutating func header() throws(CheckpointError) -> (tensors: Int, values: Int) {
        guard file.size >= 24 else {
            throw CheckpointError(.malformed, "\(file.size) bytes are too few for a GGUF header of 24", file: file.path)
        }
        guard try cursor.bytes(4, "the header").elementsEqual("GGUF".utf8) else {
            throw cursor.malformed("the file does not begin with GGUF", at: 0)
        }
        let version: UInt32 = try cursor.unsigned("the version")
        guard version == 3 else {
            if version.byteSwapped <= 3, version != 0 {
                throw CheckpointError(
                    .unsupported,
                    "this GGUF file is big-endian; only little-endian files are read",
                    file: file.path,
                    offset: 4
                )
            }
            throw CheckpointError(
                (1...2).contains(version) ? .unsupported : .malformed,
                "GGUF version \(version) is not read; convert the file to version 3",
                file: file.path,
                offset: 4
            )
        }
        // The two counts stand together, so the first is compared with the bytes left after both.
        let start = cursor.offset
        let tensorCount: UInt64 = try cursor.unsigned("the number of tensors")
        let valueCount = try cursor.count(of: "metadata values", minimum: 8 + 1 + 4 + 1)
        guard tensorCount <= Self.tensorLimit, Int(tensorCount) <= cursor.remaining / (8 + 1 + 4 + 8 + 4 + 8) else {
            throw cursor.malformed("\(tensorCount) tensors do not fit in the \(cursor.remaining) bytes left", at: start)
        }
        return (Int(tensorCount), valueCount)
    }

    // MARK: - Metadata

    private mutating func keyValue() throws(CheckpointError) {
        let start = cursor.offset
        let length = try cursor.count(of: "bytes of a key", minimum: 1)
        guard (1...65_535).contains(length) else {
            throw cursor.malformed("a key of \(length) bytes; 1 to 65535 are allowed", at: start)
        }
        let bytes = try cursor.bytes(length, "a key")
        guard let key = String(validating: bytes, as: UTF8.self), !bytes.contains(0) else {
            throw cursor.malformed("a key that is not UTF-8 or holds NUL", at: start)
        }
        try keep(length + 256, key)
        let type = try valueType(key)
        let value = try value(type, key)
        guard metadata.insert(value, for: key) else {
            throw cursor.malformed("the key stands twice", at: start, key: key)
        }
    }

    private mutating func valueType(_ key: String) throws(CheckpointError) -> MetadataType {
        let start = cursor.offset
        let number: UInt32 = try cursor.unsigned("a value's type")
        guard let type = MetadataType(rawValue: number) else {
            throw cursor.malformed("there is no metadata type \(number)", at: start, key: key)
        }
        return type
    }

    private mutating func value(_ type: MetadataType, _ key: String) throws(CheckpointError) -> MetadataValue {
        let what = "a metadata value"
        switch type {
        case .uint8: return .uint8(try cursor.unsigned(what))
        case .int8: return .int8(Int8(bitPattern: try cursor.unsigned(what)))
        case .uint16: return .uint16(try cursor.unsigned(what))
        case .int16: return .int16(Int16(bitPattern: try cursor.unsigned(what)))
        case .uint32: return .uint32(try cursor.unsigned(what))
        case .int32: return .int32(Int32(bitPattern: try cursor.unsigned(what)))
        case .float32: return .float32(Float(bitPattern: try cursor.unsigned(what)))
        case .uint64: return .uint64(try cursor.unsigned(what))
        case .int64: return .int64(Int64(bitPattern: try cursor.unsigned(what)))
        case .float64: return .float64(Double(bitPattern: try cursor.unsigned(what)))
        case .bool:
            let start = cursor.offset
            let byte: UInt8 = try cursor.unsigned(what)
            guard byte <= 1 else { throw cursor.malformed("a truth value of \(byte)", at: start, key: key) }
            return .bool(byte == 1)
        case .string:
            let start = cursor.offset
            let length = try cursor.count(of: "bytes of a string", minimum: 1, key: key)
            guard length <= Self.stringLimit else {
                throw cursor.malformed(
                    "a string of \(length) bytes; \(Self.stringLimit) are allowed",
                    at: start,
                    key: key
                )
            }
            try keep(length, key)
            guard let text = String(validating: try cursor.bytes(length, "a string"), as: UTF8.self) else {
                throw cursor.malformed("a string that is not UTF-8", at: start, key: key)
            }
            return .string(text)
        case .array:
            return .array(try array(key, depth: 1))
        }
    }

    private mutating func array(_ key: String, depth: Int) throws(CheckpointError) -> MetadataArray {
        guard depth <= Self.nestingLimit else {
            throw cursor.malformed("arrays nested deeper than \(Self.nestingLimit)", key: key)
        }
        let type = try valueType(key)
        switch type {
        case .string: return try strings(key)
        case .array:
            let count = try cursor.count(of: "arrays", minimum: 12, key: key)
            try keep(count * 64, key)
            var nested: [MetadataArray] = []
            for _ in 0..<count { nested.append(try array(key, depth: depth + 1)) }
            return MetadataArray(elementType: .array, count: count, bytes: [], ends: [], nested: nested)
        default:
            let width = type.byteCount ?? 1
            let count = try cursor.count(of: "elements", minimum: width, key: key)
            try keep(count * width, key)
            let start = cursor.offset
            let bytes = try cursor.bytes(count * width, "an array")
            if type == .bool, let wrong = bytes.firstIndex(where: { $0 > 1 }) {
                throw cursor.malformed("a truth value of \(bytes[wrong])", at: start + wrong, key: key)
            }
            return MetadataArray(elementType: type, count: count, bytes: bytes, ends: [], nested: [])
        }
    }

    private mutating func strings(_ key: String) throws(CheckpointError) -> MetadataArray {
        let count = try cursor.count(of: "strings", minimum: 8, key: key)
        // A first pass over the lengths finds the total, so that the second allocates once and exactly.
        var scout = cursor
        var total = 0
        try keep(count * 4, key)
        for _ in 0..<count {
            let length = try scout.count(of: "bytes of a string", minimum: 1, key: key)
            try keep(length, key)
            total += length
            try scout.skip(length, "a string")
        }
        var bytes: [UInt8] = []
        var ends: [UInt32] = []
        bytes.reserveCapacity(total)
        ends.reserveCapacity(count)
        for _ in 0..<count {
            let length = try cursor.count(of: "bytes of a string", minimum: 1, key: key)
            try cursor.append(length, to: &bytes, "a string")
            ends.append(UInt32(truncatingIfNeeded: bytes.count))
        }
        return MetadataArray(elementType: .string, count: count, bytes: bytes, ends: ends, nested: [])
    }

    private mutating func keep(_ bytes: Int, _ key: String) throws(CheckpointError) {
        // Never overflows: both are bounded by the size of the file.
        kept += bytes
        guard kept <= Self.memoryLimit else {
            throw cursor.malformed("the metadata take more than \(Self.memoryLimit >> 20) MiB", key: key)
        }
    }

    private func alignment() throws(CheckpointError) -> Int {
        let key = "general.alignment"
        guard let value = metadata[key] else { return 32 }
        guard case .uint32(let alignment) = value else {
            throw metadata.error("the alignment should be uint32, not \(value.type.name)", key: key)
        }
        guard alignment > 0, alignment & (alignment - 1) == 0, alignment <= 1 << 20 else {
            throw metadata.error("an alignment of \(alignment); it has to be a power of two up to 1048576", key: key)
        }
        return Int(alignment)
    }

    // MARK: - Tensors

    private mutating func tensorList(
        _ count: Int,
        alignment: Int
    ) throws(CheckpointError) -> [TensorDescription] {
        var entries: [(tensor: TensorDescription, start: Int)] = []
        var names = Set<String>()
        var expected = 0
        for _ in 0..<count {
            let start = cursor.offset
            let name = try tensorName()
            guard names.insert(name).inserted else {
                throw cursor.malformed("the tensor stands twice", at: start, key: name)
            }
            let tensor = try tensor(name, expectedOffset: expected, alignment: alignment)
            entries.append((tensor, start))
            let (end, overflow) = tensor.offset.addingReportingOverflow(tensor.byteCount)
            expected = try padded(overflow ? -1 : end, alignment, start, name)
        }
        let dataStart = try padded(cursor.offset, alignment, cursor.offset, "")
        if count == 0 {
            // A vocabulary without weights may end where the metadata end, unpadded.
            guard file.size == cursor.offset || file.size == dataStart else {
                throw cursor.malformed("\(file.size - cursor.offset) bytes follow the metadata, but there is no tensor")
            }
            return []
        }
        try checkZeros(upTo: min(dataStart, file.size))
        var tensors: [TensorDescription] = []
        tensors.reserveCapacity(count)
        for (tensor, start) in entries {
            let (offset, overflow) = tensor.offset.addingReportingOverflow(dataStart)
            guard !overflow, offset <= file.size, tensor.byteCount <= file.size - offset else {
                throw CheckpointError(
                    .malformed,
                    "the tensor's \(tensor.byteCount) bytes end after the file's \(file.size); fetch the file again",
                    file: file.path,
                    offset: start,
                    key: tensor.name
                )
            }
            tensors.append(
                TensorDescription(
                    name: tensor.name,
                    elementType: tensor.elementType,
                    shape: tensor.shape,
                    byteCount: tensor.byteCount,
                    fileIndex: 0,
                    offset: offset
                )
            )
        }
        let end = tensors.last.map { $0.offset + $0.byteCount } ?? dataStart
        guard file.size == end || file.size - dataStart == expected else {
            throw CheckpointError(
                .malformed,
                "\(file.size - end) bytes follow the last tensor",
                file: file.path,
                offset: end
            )
        }
        return tensors
    }

    private mutating func tensorName() throws(CheckpointError) -> String {
        let start = cursor.offset
        let length = try cursor.count(of: "bytes of a tensor's name", minimum: 1)
        guard (1...63).contains(length) else {
            throw cursor.malformed("a tensor's name of \(length) bytes; 1 to 63 are allowed", at: start)
        }
        let bytes = try cursor.bytes(length, "a tensor's name")
        guard let name = String(validating: bytes, as: UTF8.self), !bytes.contains(0) else {
            throw cursor.malformed("a tensor's name that is not UTF-8 or holds NUL", at: start)
        }
        return name
    }

    /// The next tensor, its offset still counted from the start of the data.
    private mutating func tensor(
        _ name: String,
        expectedOffset: Int,
        alignment: Int
    ) throws(CheckpointError) -> TensorDescription {
        var start = cursor.offset
        let rank: UInt32 = try cursor.unsigned("a tensor's number of dimensions")
        guard (1...Self.dimensionLimit).contains(Int(rank)) else {
            throw cursor.malformed("a tensor of \(rank) dimensions; 1 to 4 are allowed", at: start, key: name)
        }
        var extents: [Int] = []
        var count = 1
        for _ in 0..<rank {
            start = cursor.offset
            let extent: UInt64 = try cursor.unsigned("a tensor's dimensions")
            guard extent > 0, let value = Int(exactly: extent) else {
                throw cursor.malformed("a dimension of \(extent)", at: start, key: name)
            }
            let (product, overflow) = count.multipliedReportingOverflow(by: value)
            guard !overflow else { throw cursor.malformed("the dimensions' product overflows", at: start, key: name) }
            count = product
            extents.append(value)
        }
        start = cursor.offset
        let type = try elementType(name)
        guard extents[0] % type.blockLength == 0, let byteCount = type.byteCount(of: count) else {
            throw cursor.malformed(
                "rows of \(extents[0]) values are no whole number of \(type.name) blocks, or the bytes overflow",
                at: start,
                key: name
            )
        }
        start = cursor.offset
        let offset: UInt64 = try cursor.unsigned("a tensor's offset")
        guard offset % UInt64(alignment) == 0 else {
            throw cursor.malformed("the offset \(offset) is no multiple of \(alignment)", at: start, key: name)
        }
        guard offset == UInt64(expectedOffset) else {
            throw cursor.malformed(
                "the offset is \(offset), but the tensors before it end at \(expectedOffset)",
                at: start,
                key: name
            )
        }
        return TensorDescription(
            name: name,
            elementType: type,
            shape: extents.reversed(),
            byteCount: byteCount,
            fileIndex: 0,
            offset: expectedOffset
        )
    }

    private mutating func elementType(_ name: String) throws(CheckpointError) -> ElementType {
        let start = cursor.offset
        let number: UInt32 = try cursor.unsigned("a tensor's type")
        if let type = ElementType(rawValue: number) { return type }
        if let known = GGUFTypes.names[number] {
            let readable = ElementType.allCases.map(\.name).joined(separator: ", ")
            throw CheckpointError(
                .unsupported,
                "a tensor of type \(known), which is not read yet; use a file of \(readable)",
                file: file.path,
                offset: start,
                key: name
            )
        }
        if let removed = GGUFTypes.removed[number] {
            throw cursor.malformed("a tensor of type \(removed), which GGUF no longer has", at: start, key: name)
        }
        throw cursor.malformed("there is no tensor type \(number)", at: start, key: name)
    }

    private func padded(
        _ value: Int,
        _ alignment: Int,
        _ start: Int,
        _ name: String
    ) throws(CheckpointError) -> Int {
        let (sum, overflow) = value.addingReportingOverflow(alignment - 1)
        guard value >= 0, !overflow else {
            throw cursor.malformed("the sum of the tensors' sizes overflows", at: start, key: name)
        }
        return sum & ~(alignment - 1)
    }

    /// The bytes from the tensor list to the data are zero padding.
    private mutating func checkZeros(upTo end: Int) throws(CheckpointError) {
        while cursor.offset < end {
            let start = cursor.offset
            let byte: UInt8 = try cursor.unsigned("the padding before the data")
            guard byte == 0 else { throw cursor.malformed("a padding byte of \(byte) before the data", at: start) }
        }
    }
}
