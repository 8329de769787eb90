// SPDX-License-Identifier: Apache-2.0
import CKernels

/// The rows of a table that `ids` name.
///
/// `table`: [V, C], float32 rows or packed.
/// - Returns: [N, C] float32.
/// - Throws: `TensorError` if an id lies outside the table.
public func embedding(_ ids: [Int32], _ table: Tensor) throws(TensorError) -> Tensor {
    guard table.shape.rank == 2 else { throw .shapes("embedding", table.shape) }
    let (count, channels) = (table.shape[0], table.shape[1])
    for id in ids where id < 0 || id >= count {
        throw TensorError(.indexOutOfRange, "embedding: the id \(id) lies outside the table of \(count) rows")
    }
    let out = try Tensor(unset: [ids.count, channels])
    for (row, id) in ids.enumerated() {
        let target = out.storage.floats + row * channels
        switch table.layout {
        case .packed(let format):
            ck_unpack_row(format.code, Int64(channels), table.storage.bytes, Int64(id), target)
        case .rowMajor:
            target.update(from: table.storage.floats + Int(id) * channels, count: channels)
        }
    }
    withExtendedLifetime(table) {}
    return out
}
