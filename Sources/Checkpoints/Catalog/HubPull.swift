// SPDX-License-Identifier: Apache-2.0

import Foundation
import Tokenization

/// Fetching models that the catalog does not know from the Hugging Face hub.
extension ModelStore {
    /// The files of a model folder that are read; weights come besides.
    private static let wanted: Set<String> = [
        "config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json",
        "modules.json", "sentence_bert_config.json", "1_Pooling/config.json", "model.safetensors.index.json",
        "LICENSE",
    ]

    /// Sizes of files that are believed; a whole list of them cannot overflow a sum.
    private static let sizes = 0...1 << 40

    /// A file of a repository as the hub lists it.
    package struct HubFile: Sendable {
        package let name: String
        package let byteCount: Int?
        package let sha256: String?
    }

    func pull(
        _ reference: HubReference,
        settings: PullSettings,
        progress: @escaping @Sendable (PullProgress) -> Void
    ) async throws(CheckpointError) -> String {
        let target = path(of: HubReference(reference, file: nil))
        if let path = try? resolve(reference.text) { return path }
        guard !settings.isOffline else {
            throw CheckpointError(
                .unavailable,
                "HF_HUB_OFFLINE is set, and this model is not on disk",
                key: reference.text
            )
        }
        let parent = "\(folder)/hf/\(reference.owner)"
        try makeFolder(parent)
        let lock = try await lock("\(parent)/.lock-\(reference.name)", progress)
        defer { withExtendedLifetime(lock) {} }
        if let path = try? resolve(reference.text) { return path }
        let suffix = reference.file.map { ":\($0)" } ?? ""
        let staging = "\(parent)/.partial-\(reference.name)@\(reference.revision)\(suffix)"
        do throws(CheckpointError) {
            try makeFolder(staging)
            let download = HTTPDownload(
                connectSeconds: settings.connectSeconds,
                silenceSeconds: settings.silenceSeconds,
                token: settings.token
            )
            let files = try await list(reference, settings, download, staging)
            try await fetch(files, reference, settings, download, staging, progress)
            // What has no SHA-256 in the list is known by its structure alone.
            if files.contains(where: { $0.sha256 == nil }) {
                _ = try Checkpoint.open(reference.file.map { "\(staging)/\($0)" } ?? staging)
            }
            if let file = reference.file {
                // One file beside others of the same repository.
                try makeFolder(target)
                try synchronize("\(staging)/\(file)")
                try move("\(staging)/\(file)", to: "\(target)/\(file)")
                try synchronize(target)
                Self.remove(staging)
            } else {
                try install(staging, as: target, files: files.map(\.name) + (try keep(from: target, in: staging)))
            }
        } catch {
            if error.code != .unavailable, error.code != .cancelled { Self.remove(staging) }
            if Self.bytes(under: staging) == 0 { Self.remove(staging) }
            throw error
        }
        return try resolve(reference.text)
    }

    /// Which files of the repository make up the model.
    private func list(
        _ reference: HubReference,
        _ settings: PullSettings,
        _ download: HTTPDownload,
        _ staging: String
    ) async throws(CheckpointError) -> [HubFile] {
        let address =
            "\(settings.endpoint)/api/models/\(reference.owner)/\(reference.name)/revision/\(reference.revision)?blobs=true"
        let bytes = try await download.data(address, limit: 8 << 20, scratch: "\(staging)/.list")
        return try Self.files(in: bytes, reference)
    }

    /// Which files of the hub's list make up the model; their names are paths below its folder.
    package static func files(in bytes: [UInt8], _ reference: HubReference) throws(CheckpointError) -> [HubFile] {
        var files: [HubFile] = []
        do throws(JSONError) {
            for entry in try JSONValue(parsing: bytes)["siblings"]?.array ?? [] {
                guard let name = entry["rfilename"]?.string else { continue }
                files.append(
                    HubFile(
                        name: name,
                        byteCount: entry["size"]?.integer.flatMap { sizes.contains($0) ? $0 : nil },
                        sha256: entry["lfs"]?["sha256"]?.string
                    )
                )
            }
        } catch {
            throw CheckpointError(.unavailable, "the hub's list of files is no JSON: \(error)", key: reference.text)
        }
        let chosen = files.filter { file in
            if let wanted = reference.file { return file.name == wanted }
            return wanted.contains(file.name)
                || file.name.hasSuffix(".safetensors") && HubReference.isPlain(file.name)
        }
        let models = files.map(\.name).filter { $0.hasSuffix(".gguf") || $0.hasSuffix(".safetensors") }
        guard chosen.contains(where: { models.contains($0.name) }) else {
            let some = models.prefix(5).map(printable).joined(separator: ", ")
            throw CheckpointError(
                .notFound,
                some.isEmpty
                    ? "the repository holds no GGUF or safetensors file"
                    : "name one file of the repository with `:FILE`: \(some)",
                key: reference.text
            )
        }
        return chosen.sorted { ($0.byteCount ?? 0, $0.name) < ($1.byteCount ?? 0, $1.name) }
    }

    private func fetch(
        _ files: [HubFile],
        _ reference: HubReference,
        _ settings: PullSettings,
        _ download: HTTPDownload,
        _ staging: String,
        _ progress: @escaping @Sendable (PullProgress) -> Void
    ) async throws(CheckpointError) {
        let total = files.reduce(0) { $0 + ($1.byteCount ?? 0) }
        let base = "\(settings.endpoint)/\(reference.owner)/\(reference.name)/resolve/\(reference.revision)"
        var before = 0
        for file in files {
            let target = "\(staging)/\(file.name)"
            if let slash = target.lastIndex(of: "/") { try makeFolder(String(target[..<slash])) }
            let done = before
            if PathKind(target) == .missing {
                try await fetch(file, from: "\(base)/\(file.name)", to: target, reference, download) { bytes in
                    progress(
                        PullProgress(
                            phase: .downloading,
                            source: "Hugging Face hub",
                            done: done + bytes,
                            total: total > 0 ? total : nil
                        )
                    )
                }
            }
            before += Self.size(target) ?? 0
        }
    }

    private func fetch(
        _ file: HubFile,
        from address: String,
        to target: String,
        _ reference: HubReference,
        _ download: HTTPDownload,
        _ progress: @escaping @Sendable (Int) -> Void
    ) async throws(CheckpointError) {
        let part = "\(target).download"
        // Without a length or a hash there is no telling what a beginning belongs to.
        if file.byteCount == nil || file.sha256 == nil { Self.remove(part) }
        for isRetry in [false, true] {
            let resumed = (Self.size(part) ?? 0) > 0
            try await download.fetch(address, to: part, expected: file.byteCount, progress: progress)
            guard let sha256 = file.sha256, try SHA256.of(try OpenFile(part)) != sha256 else { break }
            Self.remove(part)
            // A beginning of other bytes may have stood there; alone, the source's bytes are others.
            guard resumed, !isRetry else {
                throw CheckpointError(
                    .checksum,
                    "\(file.name) arrived damaged (its SHA-256 differs)",
                    key: reference.text
                )
            }
        }
        try move(part, to: target)
    }

    /// Takes over the GGUF files of the same repository that were fetched by name before.
    private func keep(from target: String, in staging: String) throws(CheckpointError) -> [String] {
        guard PathKind(target) == .folder else { return [] }
        let kept = try names(inFolder: target).filter {
            $0.hasSuffix(".gguf") && PathKind("\(staging)/\($0)") == .missing
        }
        for name in kept where link("\(target)/\(name)", "\(staging)/\(name)") != 0 {
            throw OutputFile.error(errno, "cannot keep the file", "\(target)/\(name)")
        }
        return kept
    }
}

extension HubReference {
    /// The same model with another file.
    init(_ other: HubReference, file: String?) {
        (owner, name, revision, self.file) = (other.owner, other.name, other.revision, file)
    }

    /// The reference as it is written.
    package var text: String { "hf:\(owner)/\(name)@\(revision)" + (file.map { ":\($0)" } ?? "") }
}
