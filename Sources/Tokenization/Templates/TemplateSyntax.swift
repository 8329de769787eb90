// SPDX-License-Identifier: Apache-2.0

/// An expression of a template, with the line it begins on and the height of its tree.
struct TemplateExpression: Sendable {
    indirect enum Kind: Sendable {
        case constant(TemplateValue)
        case name(String)
        case list([TemplateExpression])
        case tuple([TemplateExpression])
        case mapping([(key: TemplateExpression, value: TemplateExpression)])
        case attribute(TemplateExpression, String)
        case item(TemplateExpression, TemplateExpression)
        case slice(TemplateExpression, start: TemplateExpression?, stop: TemplateExpression?, step: TemplateExpression?)
        case call(TemplateExpression, TemplateArguments)
        case filter(TemplateExpression, String, TemplateArguments)
        case test(TemplateExpression, String, TemplateArguments)
        case not(TemplateExpression)
        case negative(TemplateExpression)
        case positive(TemplateExpression)
        case arithmetic(TemplateOperator, TemplateExpression, TemplateExpression)
        case concatenation([TemplateExpression])
        case comparison(TemplateExpression, [(TemplateComparison, TemplateExpression)])
        case and(TemplateExpression, TemplateExpression)
        case or(TemplateExpression, TemplateExpression)
        case conditional(TemplateExpression, condition: TemplateExpression, otherwise: TemplateExpression?)
    }

    let kind: Kind
    let line: Int
    let height: Int
}

/// What stands in the parentheses of a call, a filter or a test.
struct TemplateArguments: Sendable {
    var positional: [TemplateExpression] = []
    var named: [(name: String, value: TemplateExpression)] = []

    var all: [TemplateExpression] { positional + named.map(\.value) }
}

enum TemplateOperator: String, Sendable {
    case add = "+"
    case subtract = "-"
    case multiply = "*"
    case divide = "/"
    case floorDivide = "//"
    case modulo = "%"
    case power = "**"
}

enum TemplateComparison: String, Sendable {
    case equal = "=="
    case unequal = "!="
    case less = "<"
    case lessOrEqual = "<="
    case greater = ">"
    case greaterOrEqual = ">="
    case isIn = "in"
    case isNotIn = "not in"
}

/// Where a `set` or a `for` puts a value.
enum TemplateTarget: Sendable {
    case name(String)
    case attribute(namespace: String, name: String)
    case tuple([TemplateTarget])
}

/// A filter that a block's output passes, as `{% set x | trim %}` writes it.
struct TemplateFilterCall: Sendable {
    let name: String
    let arguments: TemplateArguments
    let line: Int
}

/// A statement of a template.
indirect enum TemplateStatement: Sendable {
    case text(MarkedText)
    case output(TemplateExpression)
    case conditional([(condition: TemplateExpression, body: [TemplateStatement])], otherwise: [TemplateStatement])
    case loop(TemplateLoop)
    case set(TemplateTarget, TemplateExpression)
    case setBlock(TemplateTarget, filters: [TemplateFilterCall], body: [TemplateStatement], line: Int)
    case filterBlock([TemplateFilterCall], body: [TemplateStatement], line: Int)
    /// `{% generation %}`: marks what training scores; rendering only sees a scope of its own.
    case scope([TemplateStatement])
    case macro(TemplateMacro)
    case breakLoop
    case continueLoop
}

struct TemplateLoop: Sendable {
    let target: TemplateTarget
    let sequence: TemplateExpression
    let condition: TemplateExpression?
    let body: [TemplateStatement]
    let otherwise: [TemplateStatement]
    let line: Int
}

struct TemplateMacro: Sendable {
    let name: String
    let parameters: [(name: String, standard: TemplateExpression?)]
    let body: [TemplateStatement]
    let line: Int
}
