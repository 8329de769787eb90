// SPDX-License-Identifier: Apache-2.0
import Tensors
import Transformers

/// The rectangle of ids that `logits` is given, and where each lies among the rows that are computed.
struct LogitsBatch: Sendable {
    private let ids: IDList
    private let types: IDList?
    /// For each id of each row, its row in the computation; nil where the mask leaves it out.
    let places: [[Int?]]

    init(ids: String, mask: String?, types: String?) throws {
        let list = try IDList(ids, option: "--ids")
        try list.requireRectangle("--ids")
        let mask = try mask.map { try IDList($0, option: "--attention-mask") }
        try mask?.requireShape(of: list, "--attention-mask")
        self.types = try types.map { try IDList($0, option: "--token-type-ids") }
        try self.types?.requireShape(of: list, "--token-type-ids")
        var next = 0
        var places: [[Int?]] = []
        for (number, row) in list.rows.enumerated() {
            var line: [Int?] = []
            for column in row.indices {
                let value = mask?.rows[number][column] ?? 1
                guard value == 0 || value == 1 else {
                    throw CommandError(.usage, "--attention-mask has \(value) in row \(number + 1); write 0 or 1")
                }
                line.append(value == 1 ? next : nil)
                next += Int(value)
            }
            guard line.contains(where: { $0 != nil }) else {
                throw CommandError(.usage, "--attention-mask leaves out all of row \(number + 1); leave out the row")
            }
            places.append(line)
        }
        self.ids = list
        self.places = places
    }

    /// Whether any id has another segment than 0.
    var hasSegments: Bool { types?.rows.contains { $0.contains { $0 != 0 } } ?? false }

    /// Refuses ids and lengths that the model does not have.
    func check(vocabularySize: Int, contextLength: Int, countsAll: Bool) throws {
        try ids.requireIDs(below: vocabularySize)
        for (number, row) in places.enumerated() {
            let length = countsAll ? row.count : row.compactMap(\.self).count
            guard length <= contextLength else {
                throw CommandError(
                    .data,
                    "row \(number + 1) has \(length) ids, but the model's context is \(contextLength); shorten it"
                )
            }
        }
    }

    /// The rows to compute. Positions count all ids (encoders) or those that the mask leaves in (causal models).
    func tokens(countsAll: Bool) -> TokenBatch {
        var batch = TokenBatch()
        for (number, row) in places.enumerated() {
            var position: Int32 = 0
            for (column, place) in row.enumerated() where place != nil {
                batch.append(
                    id: ids.rows[number][column],
                    position: countsAll ? Int32(clamping: column) : position,
                    segment: types?.rows[number][column] ?? 0,
                    sequence: Int32(clamping: number)
                )
                position += 1
            }
        }
        return batch
    }
}

/// Rows of a matrix that are computed 64 at a time, so that memory stays flat; read in ascending order.
final class RowSource {
    private let count: Int
    private let width: Int
    private let compute: (Range<Int>) throws -> Tensor
    private var held: (rows: Range<Int>, values: Tensor)?
    private static let rowsAtOnce = 64

    /// Rows that `compute` makes.
    init(count: Int, width: Int, _ compute: @escaping (Range<Int>) throws -> Tensor) {
        self.count = count
        self.width = width
        self.compute = compute
    }

    /// Rows that are there already.
    convenience init(_ matrix: Tensor) {
        let count = matrix.shape[0]
        self.init(count: count, width: matrix.shape[1]) { _ in matrix }
        held = (0..<count, matrix)
    }

    /// Gives one row for the length of a call; zeros for nil.
    func withRow<Result>(_ row: Int?, _ body: (UnsafeBufferPointer<Float>) throws -> Result) throws -> Result {
        guard let row else { return try [Float](repeating: 0, count: width).withUnsafeBufferPointer(body) }
        let held: (rows: Range<Int>, values: Tensor)
        if let known = self.held, known.rows.contains(row) {
            held = known
        } else {
            let rows = row..<min(count, row + Self.rowsAtOnce)
            held = (rows, try compute(rows))
            self.held = held
        }
        let start = (row - held.rows.lowerBound) * width
        return try held.values.withFloats { try body(UnsafeBufferPointer(rebasing: $0[start..<start + width])) }
    }
}
