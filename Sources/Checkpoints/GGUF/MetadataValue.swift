// SPDX-License-Identifier: Apache-2.0

/// A value of a GGUF file's metadata, with the type it was stored as.
public enum MetadataValue: Sendable, Hashable {
    case uint8(UInt8)
    case int8(Int8)
    case uint16(UInt16)
    case int16(Int16)
    case uint32(UInt32)
    case int32(Int32)
    case float32(Float)
    case bool(Bool)
    case string(String)
    case array(MetadataArray)
    case uint64(UInt64)
    case int64(Int64)
    case float64(Double)
}

/// The types a metadata value can have; raw values are GGUF's.
public enum MetadataType: UInt32, Sendable, Hashable, CaseIterable {
    case uint8, int8, uint16, int16, uint32, int32, float32, bool, string, array, uint64, int64, float64

    /// Bytes of one value; nil where the length varies.
    var byteCount: Int? {
        switch self {
        case .uint8, .int8, .bool: 1
        case .uint16, .int16: 2
        case .uint32, .int32, .float32: 4
        case .uint64, .int64, .float64: 8
        case .string, .array: nil
        }
    }

    /// The name used in messages.
    public var name: String { "\(self)" }
}

/// An array of a GGUF file's metadata, kept as its bytes: a vocabulary of 50,000 strings costs one allocation.
public struct MetadataArray: Sendable, Hashable {
    /// The type of every element.
    public let elementType: MetadataType
    /// The number of elements.
    public let count: Int
    /// The elements' bytes one after the other, as in the file, without the lengths of strings.
    let bytes: [UInt8]
    /// Where each string ends in `bytes`.
    let ends: [UInt32]
    /// The elements of an array of arrays.
    let nested: [MetadataArray]

    /// The strings in order; nil if the elements are no strings or one is not UTF-8.
    public var strings: [String]? {
        guard elementType == .string else { return nil }
        var strings: [String] = []
        strings.reserveCapacity(count)
        for index in 0..<count {
            guard let string = String(validating: stringBytes(index), as: UTF8.self) else { return nil }
            strings.append(string)
        }
        return strings
    }

    /// The bytes of the string at `index`.
    func stringBytes(_ index: Int) -> ArraySlice<UInt8> {
        bytes[(index == 0 ? 0 : Int(ends[index - 1]))..<Int(ends[index])]
    }

    /// The whole numbers in order; nil if the elements are of another type or one does not fit.
    public var integers: [Int]? {
        switch elementType {
        case .uint8, .uint16, .uint32, .uint64:
            var values: [Int] = []
            values.reserveCapacity(count)
            for index in 0..<count {
                guard let value = Int(exactly: bits(index)) else { return nil }
                values.append(value)
            }
            return values
        case .int8: return (0..<count).map { Int(Int8(truncatingIfNeeded: bits($0))) }
        case .int16: return (0..<count).map { Int(Int16(truncatingIfNeeded: bits($0))) }
        case .int32: return (0..<count).map { Int(Int32(truncatingIfNeeded: bits($0))) }
        case .int64: return (0..<count).map { Int(Int64(truncatingIfNeeded: bits($0))) }
        default: return nil
        }
    }

    /// The numbers in order; nil if the elements are not `float32`.
    public var floats: [Float]? {
        guard elementType == .float32 else { return nil }
        return (0..<count).map { Float(bitPattern: UInt32(truncatingIfNeeded: bits($0))) }
    }

    /// The truth values in order; nil if the elements are none.
    public var bools: [Bool]? { elementType == .bool ? bytes.map { $0 != 0 } : nil }

    /// The arrays in order; nil if the elements are none.
    public var arrays: [MetadataArray]? { elementType == .array ? nested : nil }

    private func bits(_ index: Int) -> UInt64 {
        let width = elementType.byteCount ?? 1
        var value: UInt64 = 0
        for byte in 0..<width { value |= UInt64(bytes[index * width + byte]) << UInt64(8 * byte) }
        return value
    }
}

extension MetadataValue {
    /// The type it was stored as.
    public var type: MetadataType {
        switch self {
        case .uint8: .uint8
        case .int8: .int8
        case .uint16: .uint16
        case .int16: .int16
        case .uint32: .uint32
        case .int32: .int32
        case .float32: .float32
        case .bool: .bool
        case .string: .string
        case .array: .array
        case .uint64: .uint64
        case .int64: .int64
        case .float64: .float64
        }
    }

    /// The whole number, if it is one that fits.
    public var integer: Int? {
        switch self {
        case .uint8(let value): Int(value)
        case .int8(let value): Int(value)
        case .uint16(let value): Int(value)
        case .int16(let value): Int(value)
        case .uint32(let value): Int(value)
        case .int32(let value): Int(value)
        case .uint64(let value): Int(exactly: value)
        case .int64(let value): Int(value)
        default: nil
        }
    }

    /// The number, if it was stored as a floating-point one.
    public var float: Double? {
        switch self {
        case .float32(let value): Double(value)
        case .float64(let value): value
        default: nil
        }
    }

    /// The truth value, if it is one.
    public var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
    /// The text, if it is one.
    public var string: String? { if case .string(let value) = self { value } else { nil } }
    /// The array, if it is one.
    public var array: MetadataArray? { if case .array(let value) = self { value } else { nil } }
}
