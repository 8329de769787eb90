// SPDX-License-Identifier: Apache-2.0

/// A place in a pattern: a variable by its slot in a solution, or a term.
enum PatternTerm: Hashable, Sendable {
    case variable(Int)
    case term(Term)
}

struct TriplePattern: Sendable {
    var subject: PatternTerm
    var predicate: PatternTerm
    var object: PatternTerm
}

/// A property path, after https://www.w3.org/TR/sparql11-query/#sparqlPropertyPaths.
indirect enum PropertyPath: Sendable {
    case link(Term)
    case inverse(PropertyPath)
    case sequence([PropertyPath])
    case alternative([PropertyPath])
    case zeroOrMore(PropertyPath)
    case oneOrMore(PropertyPath)
    case zeroOrOne(PropertyPath)
    case negated(forward: [Term]?, inverse: [Term]?)
}

/// The algebra of graph patterns: https://www.w3.org/TR/sparql11-query/#sparqlAlgebra.
indirect enum Pattern: Sendable {
    case triple(TriplePattern)
    case path(PatternTerm, PropertyPath, PatternTerm)
    case join([Pattern])
    case leftJoin(Pattern, Pattern, [Expression])
    case filter(Pattern, [Expression])
    case union([Pattern])
    case graph(PatternTerm, Pattern)
    case extend(Pattern, Int, Expression)
    case minus(Pattern, Pattern)
    case values([Int], [[Term?]])
    case select(Selection)
    case service(name: String, isSilent: Bool)

    static let unit = Pattern.join([])
}

/// What comes of a pattern's solutions: grouping, expressions, order, projection.
struct Selection: Sendable {
    var isDistinct = false
    var pattern = Pattern.unit
    var grouping: Grouping?
    var having: [Expression] = []
    /// VALUES behind a grouped query, joined with its groups.
    var inlineData: Pattern?
    var extensions: [(slot: Int, expression: Expression)] = []
    var order: [(expression: Expression, isDescending: Bool)] = []
    /// The slots within, and the slots of the query around that they become.
    var projection: [(inner: Int, outer: Int)] = []
    var offset = 0
    var limit: Int?
}

struct Grouping: Sendable {
    var keys: [(slot: Int, expression: Expression)] = []
    var aggregates: [(slot: Int, aggregate: Aggregate)] = []
}

struct Aggregate: Sendable {
    enum Function: String, Sendable {
        case count = "COUNT"
        case sum = "SUM"
        case minimum = "MIN"
        case maximum = "MAX"
        case average = "AVG"
        case sample = "SAMPLE"
        case concatenation = "GROUP_CONCAT"
    }

    var function: Function
    var isDistinct: Bool
    /// nil: the solutions themselves, as in COUNT(*).
    var argument: Expression?
    var separator = " "
}

enum ComparisonOperator: String, Sendable {
    case equal = "="
    case notEqual = "!="
    case less = "<"
    case greater = ">"
    case lessOrEqual = "<="
    case greaterOrEqual = ">="
}

enum ArithmeticOperator: String, Sendable {
    case add = "+"
    case subtract = "-"
    case multiply = "*"
    case divide = "/"
}

/// The pattern of an EXISTS; which one it is tells its plan apart from others'.
final class ExistingPattern: Sendable {
    let pattern: Pattern

    init(_ pattern: Pattern) { self.pattern = pattern }
}

indirect enum Expression: Sendable {
    case variable(Int)
    case constant(Term)
    case or([Expression])
    case and([Expression])
    case not(Expression)
    case negative(Expression)
    case positive(Expression)
    case comparison(ComparisonOperator, Expression, Expression)
    /// From left to right.
    case arithmetic(Expression, [Operation])
    case isIn(Expression, [Expression])
    case bound(Int)
    case exists(ExistingPattern)
    case call(BuiltIn, [Expression])
    /// A function by its IRI: the casts.
    case function(String, [Expression])

    struct Operation: Sendable {
        var sign: ArithmeticOperator
        var operand: Expression
    }
}

/// FROM, FROM NAMED, USING, USING NAMED.
struct DatasetClause: Sendable {
    var defaults: [Term] = []
    var named: [Term] = []
    var isEmpty: Bool { defaults.isEmpty && named.isEmpty }
}

/// A triple to put in or take out; nil: in the default graph.
struct QuadTemplate: Sendable {
    var triple: TriplePattern
    var graph: PatternTerm?
}

/// The variables of a query: where each has its slot, and those that cannot be selected have no name.
struct VariableTable: Sendable {
    private(set) var names: [String?] = []
    var count: Int { names.count }

    mutating func add(_ name: String?) -> Int {
        names.append(name)
        return names.count - 1
    }
}
