// SPDX-License-Identifier: Apache-2.0

/// A value that a template computes with: what Python's would be, without references that could form a cycle.
///
/// Namespaces and macros are numbers into tables of the evaluator, hence a value is a finite tree of bounded depth.
enum TemplateValue: Sendable {
    case undefined(String)
    case none
    case bool(Bool)
    case integer(Int)
    case number(Double)
    case text(MarkedText)
    case list(TemplateList)
    case mapping(TemplateMapping)
    case namespace(Int)
    case macro(Int)
    case function(String)
    indirect case method(TemplateValue, String)
    case loop(TemplateLoopState)

    static func string(_ text: String) -> TemplateValue { .text(MarkedText(text)) }
}

struct TemplateList: Sendable {
    /// Python's kinds of sequences differ in what they print and whether they have a length.
    enum Kind: Sendable { case list, tuple, generator, view }

    let elements: [TemplateValue]
    let kind: Kind
    let depth: Int
    let weight: Int

    init(_ elements: [TemplateValue], kind: Kind = .list) {
        self.elements = elements
        self.kind = kind
        depth = 1 + elements.reduce(0) { max($0, $1.depth) }
        weight = elements.reduce(1) { $0 + $1.weight }
    }
}

/// A mapping that keeps the order in which its keys were first written.
struct TemplateMapping: Sendable {
    private(set) var keys: [TemplateValue] = []
    private(set) var values: [TemplateValue] = []
    private(set) var depth = 1
    private(set) var weight = 1
    private var positions: [TemplateValue: Int] = [:]

    var count: Int { keys.count }

    subscript(key: TemplateValue) -> TemplateValue? { positions[key].map { values[$0] } }

    mutating func set(_ key: TemplateValue, _ value: TemplateValue) {
        depth = max(depth, 1 + max(key.depth, value.depth))
        weight += key.weight + value.weight
        if let position = positions[key] {
            values[position] = value
        } else {
            positions[key] = keys.count
            keys.append(key)
            values.append(value)
        }
    }

    var items: [TemplateValue] { zip(keys, values).map { .list(TemplateList([$0, $1], kind: .tuple)) } }
}

/// What `loop` tells about the round it is read in.
struct TemplateLoopState: Sendable {
    let index: Int
    let elements: [TemplateValue]
    let hasLength: Bool
    let nesting: Int
}

// MARK: - Properties

extension TemplateValue {
    var depth: Int {
        switch self {
        case .list(let list): list.depth
        case .mapping(let mapping): mapping.depth
        case .method(let receiver, _): receiver.depth + 1
        case .loop(let state): 1 + state.elements.reduce(0) { max($0, $1.depth) }
        default: 0
        }
    }

    /// How much there is to compare or to print. Bounded for every value made, so that no sum of them overflows.
    var weight: Int {
        switch self {
        case .text(let text): 1 + text.count / 8
        case .list(let list): list.weight
        case .mapping(let mapping): mapping.weight
        default: 1
        }
    }

    /// Whether Python would take it for true.
    var isTrue: Bool {
        switch self {
        case .undefined, .none: false
        case .bool(let value): value
        case .integer(let value): value != 0
        case .number(let value): value != 0
        case .text(let text): !text.isEmpty
        case .list(let list): list.kind == .generator || !list.elements.isEmpty
        case .mapping(let mapping): mapping.count > 0
        case .namespace, .macro, .function, .method: true
        case .loop(let state): !state.elements.isEmpty
        }
    }

    var isUndefined: Bool { if case .undefined = self { true } else { false } }

    /// The number, where Python would compute with it as one.
    var double: Double? {
        switch self {
        case .bool(let value): value ? 1 : 0
        case .integer(let value): Double(value)
        case .number(let value): value
        default: nil
        }
    }

    var wholeNumber: Int? {
        switch self {
        case .bool(let value): value ? 1 : 0
        case .integer(let value): value
        default: nil
        }
    }

    /// How a message names this kind of value.
    var kindName: String {
        switch self {
        case .undefined(let name): "undefined (\(TemplateFault.quoted(name)))"
        case .none: "none"
        case .bool: "a boolean"
        case .integer: "an integer"
        case .number: "a float"
        case .text: "a string"
        case .list(let list): list.kind == .tuple ? "a tuple" : list.kind == .list ? "a list" : "an iterator"
        case .mapping: "a mapping"
        case .namespace: "a namespace"
        case .macro: "a macro"
        case .function, .method: "a function"
        case .loop: "a loop"
        }
    }

    /// Whether it can be the key of a mapping.
    var isHashable: Bool {
        switch self {
        case .none, .bool, .integer, .number, .text: true
        case .list(let list): list.kind == .tuple && list.elements.allSatisfy(\.isHashable)
        default: false
        }
    }
}

// MARK: - Equality, as Python has it

extension TemplateValue: Hashable {
    static func == (left: TemplateValue, right: TemplateValue) -> Bool {
        switch (left, right) {
        case (.undefined, .undefined), (.none, .none): return true
        case (.text(let left), .text(let right)): return left == right
        case (.list(let left), .list(let right)): return left.kind == right.kind && left.elements == right.elements
        case (.mapping(let left), .mapping(let right)):
            return left.count == right.count && zip(left.keys, left.values).allSatisfy { right[$0] == $1 }
        case (.namespace(let left), .namespace(let right)), (.macro(let left), .macro(let right)): return left == right
        case (.function(let left), .function(let right)): return left == right
        default:
            if let left = left.wholeNumber, let right = right.wholeNumber { return left == right }
            guard let left = left.double, let right = right.double else { return false }
            return left == right
        }
    }

    func hash(into hasher: inout Hasher) {
        switch self {
        case .text(let text): hasher.combine(text)
        case .list(let list): hasher.combine(list.elements)
        case .mapping(let mapping): hasher.combine(mapping.count)
        case .namespace(let number), .macro(let number): hasher.combine(number)
        case .function(let name): hasher.combine(name)
        default: hasher.combine(double)
        }
    }
}

// MARK: - From JSON

extension TemplateValue {
    /// The value of a JSON document; its texts carry the mark given.
    init(_ json: JSONValue, trusted: Bool) {
        switch json {
        case .null: self = .none
        case .bool(let value): self = .bool(value)
        case .integer(let value): self = .integer(value)
        case .number(let value): self = .number(value)
        case .string(let text): self = .text(MarkedText(text, trusted: trusted))
        case .array(let elements): self = .list(TemplateList(elements.map { TemplateValue($0, trusted: trusted) }))
        case .object(let object):
            var mapping = TemplateMapping()
            for (key, value) in object {
                mapping.set(.text(MarkedText(key, trusted: trusted)), TemplateValue(value, trusted: trusted))
            }
            self = .mapping(mapping)
        }
    }
}
