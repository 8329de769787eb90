// SPDX-License-Identifier: Apache-2.0
import CKernels

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// What the kernels run on: instruction set and threads.
public enum Processor {
    /// A set of instructions for which each kernel exists. All give the same bits.
    public enum InstructionSet: String, Sendable, CaseIterable {
        /// No more than every processor of the architecture has.
        case scalar
        /// x86-64 with AVX2, FMA and F16C.
        case avx2
        /// x86-64 with AVX-512 F, BW, VL, DQ and VNNI; BF16 where there.
        case avx512
        /// 64-bit Arm.
        case neon

        private var code: ck_isa {
            switch self {
            case .scalar: CK_SCALAR
            case .avx2: CK_AVX2
            case .avx512: CK_AVX512
            case .neon: CK_NEON
            }
        }

        /// Makes the kernels of this set the ones in use; false if this processor lacks it.
        package func select() -> Bool { ck_isa_select(code) == 0 }

        fileprivate init(_ code: ck_isa) {
            self = Self.allCases.first { $0.code.rawValue == code.rawValue } ?? .scalar
        }
    }

    /// The set in use.
    public static var instructionSet: InstructionSet { InstructionSet(ck_isa_current()) }

    /// The best set that this processor has.
    public static var bestInstructionSet: InstructionSet { InstructionSet(ck_isa_available()) }

    /// Threads that the kernels use; by default what affinity and the cgroup quota allow, capped at physical cores.
    public static var threads: Int {
        get { Int(ck_threads()) }
        set { ck_set_threads(Int32(clamping: newValue)) }
    }

    /// Lowers the instruction set to the one that `MARTLET_ISA` names, if it names one.
    ///
    /// - Throws: `TensorError` if the name is unknown or this processor lacks it.
    public static func applyEnvironment() throws(TensorError) {
        guard let value = getenv("MARTLET_ISA") else { return }
        let name = String(cString: value)
        guard !name.isEmpty else { return }
        guard let set = InstructionSet(rawValue: name), set.select() else {
            throw TensorError(
                .unsupportedType,
                "MARTLET_ISA is \"\(name)\", which this processor lacks; it has \(bestInstructionSet.rawValue) and scalar"
            )
        }
    }
}

/// Calls `body` for each index on the process-wide pool and returns when all are done; one submission at a time.
package func parallel(_ count: Int, _ body: (Int) -> Void) {
    withoutActuallyEscaping(body) { body in
        withUnsafePointer(to: body) { pointer in
            ck_parallel(
                Int64(count),
                { context, index in
                    context?.assumingMemoryBound(to: ((Int) -> Void).self).pointee(Int(index))
                },
                UnsafeMutableRawPointer(mutating: pointer)
            )
        }
    }
}

/// Calls `body` for ranges that cover `0..<count`, in parallel if the work is worth it.
///
/// `cost`: Roughly the number of operations for one index.
package func parallelRanges(_ count: Int, cost: Int, _ body: (Range<Int>) -> Void) {
    let threads = Processor.threads
    guard threads > 1, count > 1, count.multipliedReportingOverflow(by: cost).partialValue > 20_000 else {
        if count > 0 { body(0..<count) }
        return
    }
    let pieces = min(count, threads * 4)
    parallel(pieces) { piece in
        let start = count * piece / pieces
        let end = count * (piece + 1) / pieces
        body(start..<end)
    }
}
