// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Checkpoints
import Tokenization

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Which model a command uses.
struct ModelOptions: ParsableArguments {
    @Option(
        name: [.long, .customShort("m")],
        help: ArgumentHelp(
            "A catalog name, a .gguf file, a model folder, or hf:OWNER/NAME[@REVISION][:FILE].",
            valueName: "model"
        )
    )
    var model: String?

    @Flag(name: [.long, .customShort("y")], help: "Fetch the model without asking if it is not on this machine.")
    var yes = false

    /// Where the model that is named lies, else the one of that name; offers to fetch what is known but not here.
    func path(default name: String = ModelCatalog.defaultChatModel) async throws -> String {
        try await ModelFetcher(isAgreed: yes).path(of: model ?? name)
    }

    /// Opens the model.
    func open(default name: String = ModelCatalog.defaultChatModel) async throws -> Checkpoint {
        try Checkpoint.open(try await path(default: name))
    }
}

extension Checkpoint {
    /// The tokenizer, for a command that cannot do without.
    func requiredTokenizer() throws -> Tokenizer {
        guard let tokenizer = try tokenizer() else {
            throw CommandError(.data, "\(printable(path)) carries no tokenizer; give ids with --ids, or another model")
        }
        return tokenizer
    }
}

/// Finds models on disk and fetches those that are not there.
struct ModelFetcher {
    /// Whether fetching was agreed to beforehand.
    let isAgreed: Bool

    /// The path of the model that `name` names.
    func path(of name: String) async throws -> String {
        let store = try ModelStore()
        do {
            return try store.resolve(name)
        } catch {
            guard error.code == .unavailable, isAgreed || agrees(name) else { throw error }
        }
        return try await fetch(name, into: store)
    }

    /// Fetches a model with a progress bar.
    func fetch(_ name: String, into store: ModelStore) async throws -> String {
        let bar = ProgressBar(.bytes)
        defer { bar.clear() }
        let shown = printable(name)
        return try await Interrupts.cancelling {
            try await store.pull(name) { progress in
                switch progress.phase {
                case .downloading: bar.update(shown, done: progress.done, total: progress.total)
                case .verifying: bar.update("verifying \(shown)", done: progress.done, total: progress.total)
                case .unpacking: bar.update("unpacking \(shown)", done: progress.done, total: progress.total)
                case .waiting:
                    bar.clear()
                    Log.info("another martlet fetches \(shown); waiting for it")
                case .sourceFailed(let reason):
                    bar.clear()
                    Log.info("\(progress.source): \(reason)")
                }
            }
        }
    }

    /// Asks on a terminal; elsewhere nobody agrees.
    private func agrees(_ name: String) -> Bool {
        guard isatty(STDIN_FILENO) == 1, StandardError.isTerminal else { return false }
        var what = printable(name)
        if let model = ModelCatalog.model(named: name) {
            what = "\(model.name) (\(Amount.bytes(model.byteCount)), \(model.license))"
        }
        StandardError.write("\(what) is not on this machine. Fetch it now? [Y/n] ")
        guard let answer = readLine() else { return false }
        return ["", "y", "yes"].contains(answer.lowercased())
    }
}
