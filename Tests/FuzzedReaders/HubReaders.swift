// SPDX-License-Identifier: Apache-2.0
import Checkpoints

/// Readers of names and of what a hub answers.
let hubReaders: [FuzzedReader] = [
    FuzzedReader(
        "hub-reference",
        "a model's name on the hub, hf:OWNER/NAME@REVISION:FILE",
        limit: 1_024,
        dictionary: ["hf:", "@", ":", "/", "..", ".gguf", "main"]
    ) { bytes in
        guard let reference = try HubReference(String(decoding: bytes, as: UTF8.self)) else { return }
        let parts = [reference.owner, reference.name, reference.revision] + (reference.file.map { [$0] } ?? [])
        try promise(parts.allSatisfy(isPlain), "a part of \(parts) could leave its folder")
        try promise(try HubReference(reference.text) == reference, "\(reference.text) reads as another reference")
    },
    FuzzedReader(
        "hub-list",
        "the hub's list of a repository's files",
        dictionary: [
            "\"siblings\"", "\"rfilename\"", "\"size\"", "\"lfs\"", "\"sha256\"", "\"model.safetensors\"",
            "\"config.json\"", "\"1_Pooling/config.json\"", ".safetensors", ".gguf", "../", "/", "\\u0000",
        ]
    ) { bytes in
        for text in ["hf:owner/name", "hf:owner/name:model.gguf"] {
            guard let reference = try HubReference(text) else { continue }
            try attempt {
                for file in try ModelStore.files(in: bytes, reference) {
                    // One folder deep at most, and never out of the model's own.
                    try promise(
                        file.name.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
                            .allSatisfy(isPlain),
                        "the file \(file.name) could leave its folder"
                    )
                    try promise((file.byteCount ?? 0) >= 0, "a file of \(file.byteCount ?? 0) bytes")
                }
            }
        }
    },
]

/// Judged anew rather than by the reader's own rule.
private func isPlain(_ part: String) -> Bool {
    !part.isEmpty && part != "." && part != ".." && part.unicodeScalars.allSatisfy { $0.isASCII && $0.value > 32 }
        && !part.contains("/") && !part.contains("\\")
}
