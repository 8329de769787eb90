// SPDX-License-Identifier: Apache-2.0

import Foundation

/// The folder where models lie, and how the name of a model becomes a path.
public struct ModelStore: Sendable {
    /// The folder; it need not exist yet.
    public let folder: String

    /// A model found on disk.
    public struct InstalledModel: Sendable, Hashable {
        /// The name by which commands know it.
        public let name: String
        /// The GGUF file, or the folder.
        public let path: String
        /// Bytes of all its files.
        public let byteCount: Int
    }

    /// Models in `folder`.
    public init(folder: String) { self.folder = folder }

    /// Models where the environment says: `MARTLET_MODELS`, else `XDG_CACHE_HOME/martlet/models`, else
    /// `~/.cache/martlet/models`.
    ///
    /// - Throws: `CheckpointError` if the environment names neither a folder nor a home.
    public init() throws(CheckpointError) { try self.init(environment: ProcessInfo.processInfo.environment) }

    package init(environment: [String: String]) throws(CheckpointError) {
        if let folder = environment["MARTLET_MODELS"], !folder.isEmpty {
            self.init(folder: folder)
        } else if let cache = environment["XDG_CACHE_HOME"], cache.hasPrefix("/") {
            self.init(folder: "\(cache)/martlet/models")
        } else if let home = environment["HOME"], !home.isEmpty {
            self.init(folder: "\(home)/.cache/martlet/models")
        } else {
            throw CheckpointError(
                .configuration,
                "neither MARTLET_MODELS nor HOME is set; set one to say where models lie",
                key: "MARTLET_MODELS"
            )
        }
    }

    /// Where a catalog model lies or will lie: its GGUF file, or its folder.
    public func path(of model: CatalogModel) -> String {
        let isFile = model.files.count == 1 && !model.files[0].name.contains("/")
        return isFile ? "\(folder)/\(model.name)/\(model.files[0].name)" : "\(folder)/\(model.name)"
    }

    /// Whether every file of a catalog model is there in its full length.
    public func isInstalled(_ model: CatalogModel) -> Bool {
        model.files.allSatisfy { Self.size("\(folder)/\(model.name)/\($0.name)") == $0.byteCount }
    }

    /// The models on disk: those of the catalog, and others that were fetched by `hf:` or put into the folder.
    ///
    /// - Throws: `CheckpointError` if the folder cannot be listed; one that does not exist holds nothing.
    public func installed() throws(CheckpointError) -> [InstalledModel] {
        guard PathKind(folder) == .folder else { return [] }
        var found: [InstalledModel] = []
        for name in try names(inFolder: folder) where !name.hasPrefix(".") && name != "hf" {
            let path = "\(folder)/\(name)"
            if let model = ModelCatalog.model(named: name) {
                guard isInstalled(model) else { continue }
                found.append(InstalledModel(name: name, path: self.path(of: model), byteCount: model.byteCount))
            } else if let model = Self.model(at: path) {
                found.append(InstalledModel(name: name, path: model, byteCount: Self.bytes(under: model)))
            }
        }
        for model in try fetchedFromHub() { found.append(model) }
        return found
    }

    /// The path of the model that `name` names: a path, a catalog name, or `hf:OWNER/NAME[@REVISION][:FILE]`.
    ///
    /// - Throws: `CheckpointError`, `notFound` with near names if nothing is known by that name, `unavailable` with
    ///   the line that fetches it if it is known but not on disk.
    public func resolve(_ name: String) throws(CheckpointError) -> String {
        if let reference = try HubReference(name) {
            let path = path(of: reference)
            if let model = Self.model(at: path) { return model }
            throw notOnDisk(name)
        }
        if let model = ModelCatalog.model(named: name) {
            if isInstalled(model) { return path(of: model) }
            throw notOnDisk(model.name)
        }
        if PathKind(name) != .missing { return name }
        let stored = "\(folder)/\(name)"
        let isPlain = !name.isEmpty && !name.contains("/") && !name.hasPrefix(".")
        if isPlain, let model = Self.model(at: stored) { return model }
        if name.contains("/") || name.hasSuffix(".gguf") || name.hasSuffix(".safetensors") {
            throw CheckpointError(
                .notFound,
                "no such file or folder; name a model file, a folder or a model of `martlet models list`",
                file: name
            )
        }
        let known = ModelCatalog.models.map(\.name) + ((try? installed()) ?? []).map(\.name)
        throw CheckpointError(
            .notFound,
            "no model is called \(printable(name)); \(ModelCatalog.hint(for: name, among: Array(Set(known))))"
        )
    }

    func path(of reference: HubReference) -> String {
        let folder = "\(folder)/hf/\(reference.owner)/\(reference.name)@\(reference.revision)"
        return reference.file.map { "\(folder)/\($0)" } ?? folder
    }

    private func notOnDisk(_ name: String) -> CheckpointError {
        CheckpointError(
            .unavailable,
            "the model \(printable(name)) is not on this machine; fetch it with `martlet models pull \(printable(name))`"
        )
    }

    private func fetchedFromHub() throws(CheckpointError) -> [InstalledModel] {
        guard PathKind("\(folder)/hf") == .folder else { return [] }
        var found: [InstalledModel] = []
        for owner in try names(inFolder: "\(folder)/hf") where PathKind("\(folder)/hf/\(owner)") == .folder {
            for name in try names(inFolder: "\(folder)/hf/\(owner)") where !name.hasPrefix(".") {
                let path = "\(folder)/hf/\(owner)/\(name)"
                guard let model = Self.model(at: path) else { continue }
                let isFile = model != path
                let suffix = isFile ? ":\(Checkpoint.lastName(model))" : ""
                found.append(
                    InstalledModel(
                        name: "hf:\(owner)/\(name)\(suffix)",
                        path: model,
                        byteCount: Self.bytes(under: model)
                    )
                )
            }
        }
        return found
    }

    /// The model at a path: a GGUF file, a folder of Hugging Face's layout, or the only GGUF file in a folder.
    private static func model(at path: String) -> String? {
        switch PathKind(path) {
        case .file: return path.hasSuffix(".gguf") ? path : nil
        case .folder:
            if PathKind("\(path)/config.json") == .file || PathKind("\(path)/tokenizer.json") == .file { return path }
            let files = ((try? names(inFolder: path)) ?? []).filter { $0.hasSuffix(".gguf") }
            return files.count == 1 ? "\(path)/\(files[0])" : nil
        case .missing, .other: return nil
        }
    }

    static func size(_ path: String) -> Int? {
        guard PathKind(path) == .file, let file = try? OpenFile(path) else { return nil }
        return file.size
    }

    /// Bytes of a file, or of all files under a folder.
    static func bytes(under path: String) -> Int {
        if let size = size(path) { return size }
        guard PathKind(path) == .folder, let paths = FileManager.default.enumerator(atPath: path) else { return 0 }
        var sum = 0
        for case let name as String in paths { sum += size("\(path)/\(name)") ?? 0 }
        return sum
    }
}
