// SPDX-License-Identifier: Apache-2.0

/// https://www.w3.org/TR/sparql11-update/#updateLanguage
enum UpdateOperation: Sendable {
    case insertData([QuadTemplate])
    case deleteData([QuadTemplate])
    case modify(Modification)
    case load(source: String, into: Term?, isSilent: Bool)
    case clear(GraphTarget, isSilent: Bool)
    case drop(GraphTarget, isSilent: Bool)
    case create(Term, isSilent: Bool)
    case transfer(Transfer, from: Term?, to: Term?, isSilent: Bool)

    enum Transfer: String, Sendable {
        case add = "ADD"
        case move = "MOVE"
        case copy = "COPY"
    }
}

/// DELETE … INSERT … WHERE.
struct Modification: Sendable {
    var with: Term?
    var delete: [QuadTemplate] = []
    var insert: [QuadTemplate] = []
    var using = DatasetClause()
    var pattern = Pattern.unit
}

/// Which graphs CLEAR and DROP are about.
enum GraphTarget: Sendable {
    case graph(Term)
    case defaultGraph
    case named
    case all
}
