// SPDX-License-Identifier: Apache-2.0
package import Checkpoints
import Tokenization

/// The base of a rotary embedding's frequencies as a checkpoint states it; every scaling of them is refused.
package struct RotaryConfiguration: Sendable {
    /// The base θ, 10,000 where nothing is said (Su et al., arXiv:2104.09864).
    package let theta: Float

    /// What `config.json` says: `rope_parameters`, or `rope_theta` and `rope_scaling` as older files have it.
    ///
    /// - Throws: `CheckpointError` for a scaling that is not built, or a value of another type.
    init(_ c: ConfigurationReader) throws(CheckpointError) {
        var holder: JSONValue?
        for key in ["rope_parameters", "rope_scaling"] {
            guard let value = c.config[key], value != .null else { continue }
            guard value.object != nil else { throw c.error("is no object", key) }
            for name in ["rope_type", "type"] {
                guard let kind = value[name], kind != .null else { continue }
                guard let kind = kind.string else { throw c.error("holds a \(name) that is no string", key) }
                try c.require(kind == "default", key, "rotary scaling \"\(kind)\" is not built")
            }
            if let theta = value["rope_theta"], theta != .null, holder == nil { holder = value }
        }
        theta = try c.positive("rope_theta", in: holder, default: 10_000)
    }

    /// What a GGUF file's `ARCHITECTURE.rope.*` keys say.
    ///
    /// - Throws: `CheckpointError` for a scaling or a partial rotation, which are not built.
    package init(_ metadata: Metadata, architecture: String, headDimension: Int) throws(CheckpointError) {
        let prefix = "\(architecture).rope."
        theta = Float(try metadata.floatIfPresent("\(prefix)freq_base") ?? 10_000)
        let rotated = try metadata.integerIfPresent("\(prefix)dimension_count") ?? headDimension
        guard rotated == headDimension else {
            throw metadata.error(
                "rotating \(rotated) of \(headDimension) channels is not built",
                key: "\(prefix)dimension_count"
            )
        }
        // As llama.cpp reads them: a factor without a type is linear, and 0 stands for none.
        let kind = try metadata.stringIfPresent("\(prefix)scaling.type") ?? "linear"
        if kind == "none" { return }
        guard kind == "linear" else {
            throw metadata.error("rotary scaling \"\(printable(kind))\" is not built", key: "\(prefix)scaling.type")
        }
        for key in ["\(prefix)scaling.factor", "\(prefix)scale_linear"] {
            guard let factor = try metadata.floatIfPresent(key) else { continue }
            guard factor == 0 || factor == 1 else {
                throw metadata.error("rotary scaling by \(factor) is not built", key: key)
            }
        }
    }
}
