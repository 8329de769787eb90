// SPDX-License-Identifier: Apache-2.0

extension SPARQL {
    /// Changes a dataset, operation by operation: <https://www.w3.org/TR/sparql11-update/>.
    ///
    /// What an operation changed before a later one fails stays; who wants all or nothing runs it in a transaction.
    /// Returns how many quads went in and out.
    @discardableResult
    public static func update(
        _ text: String,
        over dataset: some MutableDataset,
        base: String? = nil,
        prefixes: [String: String] = [:],
        limits: EvaluationLimits = EvaluationLimits()
    ) throws -> (added: Int, removed: Int) {
        let changes = Changes()
        for (operation, variables) in try UpdateText(text, base: base, prefixes: prefixes).operations {
            try Updater(dataset: dataset, variables: variables, limits: limits, base: base, changes: changes)
                .run(operation)
        }
        return (changes.added, changes.removed)
    }
}

private final class Changes {
    var added = 0
    var removed = 0
}

private struct Updater {
    let dataset: any MutableDataset
    let variables: VariableTable
    let limits: EvaluationLimits
    let base: String?
    let changes: Changes

    func run(_ operation: UpdateOperation) throws {
        switch operation {
        case .insertData(let quads):
            try insert(instances(of: quads, with: nil, [evaluator.empty(variables)], evaluator))
        case .deleteData(let quads):
            try remove(instances(of: quads, with: nil, [evaluator.empty(variables)], evaluator))
        case .modify(let modification): try modify(modification)
        case .load(let source, _, let isSilent):
            guard isSilent else {
                throw GraphError(.unreadable, "LOAD <\(source)>: nothing is fetched; import the file, or write SILENT")
            }
        case .clear(let target, _), .drop(let target, _): for graph in try graphs(target) { try clear(graph) }
        // A graph is there where it holds a quad: an empty one needs no making.
        case .create: break
        case .transfer(let transfer, let source, let target, let isSilent):
            try self.transfer(transfer, from: source, to: target, isSilent: isSilent)
        }
    }

    private var evaluator: Evaluator {
        let made = Evaluator(dataset, limits: limits)
        made.base = base
        return made
    }

    // MARK: DELETE … INSERT … WHERE

    private func modify(_ modification: Modification) throws {
        let evaluator = evaluator
        try evaluator.restrict(to: modification.using)
        if modification.using.isEmpty, let graph = modification.with { evaluator.defaults = [try evaluator.id(graph)] }
        var selection = Selection()
        selection.pattern = modification.pattern
        let rows = try evaluator.rows(of: selection, width: variables.count)
        let removed = try instances(of: modification.delete, with: modification.with, rows, evaluator)
        let added = try instances(of: modification.insert, with: modification.with, rows, evaluator)
        try remove(removed)
        try insert(added)
    }

    private func instances(of templates: [QuadTemplate], with graph: Term?, _ rows: [Row], _ evaluator: Evaluator)
        throws -> [Quad]
    {
        var quads: [Quad] = []
        for row in rows {
            var blanks: [Int: Term] = [:]
            for template in templates {
                try evaluator.step()
                guard let subject = try evaluator.instance(template.triple.subject, row, variables, &blanks),
                    let predicate = try evaluator.instance(template.triple.predicate, row, variables, &blanks),
                    let object = try evaluator.instance(template.triple.object, row, variables, &blanks),
                    let triple = Triple(checking: subject, predicate, object)
                else { continue }
                var named = graph
                if let place = template.graph {
                    named = try evaluator.instance(place, row, variables, &blanks)
                    guard case .iri = named else { continue }
                }
                try evaluator.hold(1)
                quads.append(Quad(triple, graph: named))
            }
        }
        return quads
    }

    private func insert(_ quads: [Quad]) throws {
        for quad in quads where try dataset.insert(quad) { changes.added += 1 }
    }

    private func remove(_ quads: [Quad]) throws {
        for quad in quads {
            guard let subject = try dataset.id(of: quad.triple.subject),
                let predicate = try dataset.id(of: quad.triple.predicate),
                let object = try dataset.id(of: quad.triple.object)
            else { continue }
            var graph: TermID = 0
            if let name = quad.graph {
                guard let known = try dataset.id(of: name) else { continue }
                graph = known
            }
            if try dataset.remove(QuadID(subject, predicate, object, graph: graph)) { changes.removed += 1 }
        }
    }

    // MARK: Graphs

    private func graphs(_ target: GraphTarget) throws -> [TermID] {
        switch target {
        case .graph(let name): try dataset.id(of: name).map { [$0] } ?? []
        case .defaultGraph: [0]
        case .named: try dataset.graphs()
        case .all: try [0] + dataset.graphs()
        }
    }

    private func quads(of graph: TermID) throws -> [QuadID] {
        var quads: [QuadID] = []
        try dataset.forEach(matching: QuadPattern(graph: graph)) {
            quads.append($0)
            return true
        }
        return quads
    }

    private func clear(_ graph: TermID) throws {
        for quad in try quads(of: graph) where try dataset.remove(quad) { changes.removed += 1 }
    }

    private func transfer(_ transfer: UpdateOperation.Transfer, from: Term?, to: Term?, isSilent: Bool) throws {
        guard from != to else { return }
        let source = try from.map { try dataset.intern($0) } ?? 0
        let target = try to.map { try dataset.intern($0) } ?? 0
        let moved = try quads(of: source)
        if source != 0, moved.isEmpty {
            if isSilent { return }
            throw GraphError(.notFound, "\(transfer.rawValue): the graph \(from?.nTriples ?? "DEFAULT") is not there")
        }
        if transfer != .add { try clear(target) }
        for var quad in moved {
            quad.graph = target
            if try dataset.insert(quad) { changes.added += 1 }
        }
        if transfer == .move { try clear(source) }
    }
}

extension Evaluator {
    func empty(_ variables: VariableTable) -> Row { Row(repeating: 0, count: variables.count) }
}
