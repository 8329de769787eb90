// SPDX-License-Identifier: Apache-2.0

import Tensors

/// Reads the header of a safetensors file, strictly.
///
/// Format: <https://github.com/huggingface/safetensors#format>. Stricter than its library: no repeated or unknown
/// field, no path-like name, no gap or overlap, and what is kept in memory is bounded whatever the file claims.
struct SafeTensorsReader {
    /// What a safetensors file says of itself.
    struct Contents {
        var tensors: [TensorDescription] = []
        /// Names and types of tensors that no weight uses (masks and the like), which are never read.
        var buffers: [String: String] = [:]
        var metadata: [String: String] = [:]
    }

    static let headerLimit = 100_000_000
    static let memoryLimit = 40 << 20
    private static let nameLimit = 1024
    private static let dimensionLimit = 8

    private let file: OpenFile
    private let fileIndex: Int
    private var scanner: JSONScanner
    private var kept = 0
    private let dataStart: Int

    static func read(_ file: OpenFile, fileIndex: Int = 0) throws(CheckpointError) -> Contents {
        var reader = try SafeTensorsReader(file, fileIndex)
        return try reader.contents()
    }

    private init(_ file: OpenFile, _ fileIndex: Int) throws(CheckpointError) {
        guard file.size > 0 else { throw CheckpointError(.notAModel, "the file is empty", file: file.path) }
        guard file.size >= 8 else {
            throw CheckpointError(
                .malformed,
                "\(file.size) bytes are too few for a safetensors header",
                file: file.path
            )
        }
        var cursor = ByteCursor(file)
        let length: UInt64 = try cursor.unsigned("the header's length")
        let looks = FileKind.describe(try file.bytes(at: 0, count: min(file.size, 512)))
        guard length <= Self.headerLimit, Int(length) <= file.size - 8 else {
            let hint = looks.hasPrefix("binary data") ? "" : "; the file looks like \(looks)"
            throw CheckpointError(
                .malformed,
                "a header of \(length) bytes does not fit in the file's \(file.size)\(hint)",
                file: file.path,
                offset: 0
            )
        }
        self.file = file
        self.fileIndex = fileIndex
        dataStart = 8 + Int(length)
        scanner = JSONScanner(file, from: 8, to: dataStart)
        guard try scanner.cursor.peek() == UInt8(ascii: "{") else {
            throw scanner.cursor.malformed("the header does not begin with `{`")
        }
    }

    private mutating func contents() throws(CheckpointError) -> Contents {
        var contents = Contents()
        var names = Set<String>()
        var regions: [(begin: Int, end: Int, name: String)] = []
        try scanner.expect("{", "the header")
        var first = true
        while true {
            let start = scanner.cursor.offset
            guard let name = try scanner.nextKey(first: &first, limit: Self.nameLimit, in: "the header") else { break }
            try keep(name.utf8.count + 256)
            guard names.insert(name).inserted else {
                throw scanner.cursor.malformed("the name stands twice", at: start, key: name)
            }
            if name == "__metadata__" {
                contents.metadata = try strings()
                continue
            }
            try check(name, at: start)
            let (typeName, type, shape, begin, end) = try namedEntry(name)
            regions.append((begin, end, name))
            guard let type else {
                contents.buffers[name] = typeName
                continue
            }
            contents.tensors.append(
                TensorDescription(
                    name: name,
                    elementType: type,
                    shape: shape,
                    byteCount: end - begin,
                    fileIndex: fileIndex,
                    offset: dataStart + begin
                )
            )
        }
        // Padding after the object is spaces only.
        while scanner.cursor.remaining > 0 {
            guard try scanner.cursor.peek() == 0x20 else {
                throw scanner.cursor.malformed("text after the end of the header's JSON")
            }
            _ = try scanner.cursor.next()
        }
        try checkTiling(regions)
        return contents
    }

    private func check(_ name: String, at start: Int) throws(CheckpointError) {
        // By bytes: going through a hostile name character by character takes a hundred times as long.
        let bytes = name.utf8
        let pathLike =
            bytes.first == UInt8(ascii: "/") || bytes.contains(UInt8(ascii: "\\"))
            || bytes.split(separator: UInt8(ascii: "/")).contains { $0.elementsEqual("..".utf8) }
        guard !bytes.isEmpty, !bytes.contains(0), !pathLike else {
            throw scanner.cursor.malformed(
                "a tensor's name may not be empty, hold NUL or look like a path",
                at: start,
                key: name
            )
        }
    }

    private mutating func strings() throws(CheckpointError) -> [String: String] {
        var result: [String: String] = [:]
        try scanner.expect("{", "__metadata__")
        var first = true
        while true {
            let start = scanner.cursor.offset
            guard let key = try scanner.nextKey(first: &first, limit: 1 << 16, in: "__metadata__") else { break }
            let value = try scanner.string(limit: 8 << 20, in: "__metadata__")
            try keep(key.utf8.count + value.utf8.count + 128)
            guard result.updateValue(value, forKey: key) == nil else {
                throw scanner.cursor.malformed("the key stands twice in __metadata__", at: start, key: key)
            }
        }
        return result
    }

    /// The entry, with the tensor's name in every error about it.
    private mutating func namedEntry(
        _ name: String
    ) throws(CheckpointError) -> (typeName: String, type: ElementType?, shape: [Int], begin: Int, end: Int) {
        do throws(CheckpointError) {
            return try entry(name)
        } catch {
            throw CheckpointError(error.code, error.message, file: error.file, offset: error.offset, key: name)
        }
    }

    /// One tensor's `{"dtype": …, "shape": …, "data_offsets": …}`.
    private mutating func entry(
        _ name: String
    ) throws(CheckpointError) -> (typeName: String, type: ElementType?, shape: [Int], begin: Int, end: Int) {
        let start = scanner.cursor.offset
        let place = "a tensor's entry"
        var typeName: String?
        var shape: [Int]?
        var offsets: [Int]?
        try scanner.expect("{", place)
        var first = true
        while let field = try scanner.nextKey(first: &first, limit: 64, in: place) {
            switch field {
            case "dtype" where typeName == nil: typeName = try scanner.string(limit: 32, in: place)
            case "shape" where shape == nil: shape = try scanner.naturals(limit: Self.dimensionLimit, in: place)
            case "data_offsets" where offsets == nil: offsets = try scanner.naturals(limit: 2, in: place)
            case "dtype", "shape", "data_offsets":
                throw scanner.cursor.malformed("the field \(field) stands twice", key: name)
            default:
                throw scanner.cursor.malformed("a tensor has no field \(printable(field))", key: name)
            }
        }
        guard let typeName, let shape, let offsets else {
            throw scanner.cursor.malformed("dtype, shape or data_offsets is missing", at: start, key: name)
        }
        guard offsets.count == 2, offsets[0] <= offsets[1], offsets[1] <= file.size - dataStart else {
            throw scanner.cursor.malformed(
                "data_offsets \(offsets) do not lie in the file's \(file.size - dataStart) bytes of data",
                at: start,
                key: name
            )
        }
        guard let stored = Self.types[typeName] else {
            throw scanner.cursor.malformed("there is no dtype \(printable(typeName))", at: start, key: name)
        }
        guard let bits = Self.bits(shape, stored.bits), bits % 8 == 0, bits / 8 == offsets[1] - offsets[0] else {
            throw scanner.cursor.malformed(
                "data_offsets \(offsets) span \(offsets[1] - offsets[0]) bytes; shape \(shape) of \(typeName) does not take that many",
                at: start,
                key: name
            )
        }
        if stored.type == nil, !Self.bufferTypes.contains(typeName) {
            throw CheckpointError(
                .unsupported,
                "a tensor of type \(typeName), which is not read yet; use F32, F16 or BF16",
                file: file.path,
                offset: start,
                key: name
            )
        }
        return (typeName, stored.type, shape, offsets[0], offsets[1])
    }

    /// Bits of a tensor; nil where a product overflows, even if another extent is 0.
    private static func bits(_ shape: [Int], _ elementBits: Int) -> Int? {
        var product = elementBits
        for extent in shape where extent != 0 {
            let (next, overflow) = product.multipliedReportingOverflow(by: extent)
            guard !overflow else { return nil }
            product = next
        }
        return shape.contains(0) ? 0 : product
    }

    /// The tensors fill the data from its first byte to its last, each byte once.
    private func checkTiling(_ regions: [(begin: Int, end: Int, name: String)]) throws(CheckpointError) {
        var end = 0
        for region in regions.sorted(by: { ($0.begin, $0.end) < ($1.begin, $1.end) }) {
            guard region.begin == end else {
                throw CheckpointError(
                    .malformed,
                    region.begin < end
                        ? "the tensor overlaps the one before it"
                        : "\(region.begin - end) bytes before the tensor belong to none",
                    file: file.path,
                    offset: dataStart + region.begin,
                    key: region.name
                )
            }
            end = region.end
        }
        guard dataStart + end == file.size else {
            throw CheckpointError(
                .malformed,
                "\(file.size - dataStart - end) bytes follow the last tensor",
                file: file.path,
                offset: dataStart + end
            )
        }
    }

    private mutating func keep(_ bytes: Int) throws(CheckpointError) {
        kept += bytes
        guard kept <= Self.memoryLimit else {
            throw scanner.cursor.malformed("the header's names take more than \(Self.memoryLimit >> 20) MiB")
        }
    }

    /// Types of masks and counters that models carry beside their weights.
    private static let bufferTypes: Set<String> = ["BOOL", "U8", "I8", "U16", "I16", "U32", "U64"]

    private static let types: [String: (bits: Int, type: ElementType?)] = [
        "BOOL": (8, nil), "U8": (8, nil), "I8": (8, nil), "F8_E5M2": (8, nil), "F8_E4M3": (8, nil),
        "F8_E8M0": (8, nil), "F8_E4M3FNUZ": (8, nil), "F8_E5M2FNUZ": (8, nil), "F4": (4, nil), "F6_E2M3": (6, nil),
        "F6_E3M2": (6, nil), "I16": (16, nil), "U16": (16, nil), "F16": (16, .float16), "BF16": (16, .bfloat16),
        "I32": (32, .int32), "U32": (32, nil), "F32": (32, .float32), "I64": (64, .int64), "U64": (64, nil),
        "F64": (64, nil), "C64": (64, nil),
    ]
}
