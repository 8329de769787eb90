// SPDX-License-Identifier: Apache-2.0

/// A model that Martlet knows by name, where it can be fetched and how its bytes are known to be right.
public struct CatalogModel: Sendable, Hashable {
    /// What a model is for.
    public enum Purpose: String, Sendable, Hashable {
        case chat
        case text
        case embedding
    }

    /// The name by which commands know it.
    public let name: String
    /// What it is for.
    public let purpose: Purpose
    /// The architecture as its file names it.
    public let architecture: String
    /// The number of weights.
    public let parameters: Int
    /// How the weights are stored.
    public let quantisation: String
    /// The most tokens it reads at once.
    public let contextLength: Int
    /// The licence under which its makers publish it.
    public let license: String
    /// Its files; a model of one GGUF file lies in `NAME/FILE`, others are the folder `NAME`.
    public let files: [CatalogFile]
    /// The repository on the Hugging Face hub that holds the same files.
    public let repository: String?
    /// Whether this version of Martlet can run it.
    public let isSupported: Bool

    /// Bytes of all files.
    public var byteCount: Int { files.reduce(0) { $0 + $1.byteCount } }

    package init(
        name: String,
        purpose: Purpose,
        architecture: String,
        parameters: Int,
        quantisation: String,
        contextLength: Int,
        license: String,
        files: [CatalogFile],
        repository: String?,
        isSupported: Bool
    ) {
        self.name = name
        self.purpose = purpose
        self.architecture = architecture
        self.parameters = parameters
        self.quantisation = quantisation
        self.contextLength = contextLength
        self.license = license
        self.files = files
        self.repository = repository
        self.isSupported = isSupported
    }
}

/// One file of a catalog model.
public struct CatalogFile: Sendable, Hashable {
    /// Its name, on disk and in the hub's repository.
    public let name: String
    /// Its length.
    public let byteCount: Int
    /// Its SHA-256 in hexadecimal; a file with another is not this one.
    public let sha256: String
    /// The members of Python packages that make up the file, one after the other.
    public let parts: [PackageMember]

    package init(name: String, byteCount: Int, sha256: String, parts: [PackageMember]) {
        self.name = name
        self.byteCount = byteCount
        self.sha256 = sha256
        self.parts = parts
    }
}

/// A file inside a Python package.
public struct PackageMember: Sendable, Hashable {
    /// The package, as `NAME==VERSION`.
    public let package: String
    /// The path in its wheel.
    public let path: String

    package init(package: String, path: String) {
        self.package = package
        self.path = path
    }
}

/// The models that Martlet knows by name.
public enum ModelCatalog {
    /// The model used to chat where none is named.
    public static let defaultChatModel = "smollm2-135m-instruct"
    /// The model used to embed text where none is named.
    public static let defaultEmbedder = "all-minilm-l6-v2"

    /// Every model, in the order of listings.
    public static let models: [CatalogModel] = [smolLM2, miniLM, qwenCoder, gemma, e5]

    /// The model of that name, upper and lower case alike.
    public static func model(named name: String) -> CatalogModel? {
        models.first { $0.name == name.lowercased() }
    }

    /// Up to three names that `name` may have been meant for, the nearest first.
    public static func names(near name: String, among names: [String] = models.map(\.name)) -> [String] {
        let wanted = Array(name.lowercased().unicodeScalars.prefix(80))
        let ranked = names.map { candidate -> (name: String, distance: Int) in
            let letters = Array(candidate.lowercased().unicodeScalars)
            // Someone who types the beginning or the middle of a name is near it, however long the rest.
            let contained = wanted.count >= 3 && candidate.lowercased().contains(name.lowercased())
            if contained { return (candidate, 0) }
            let whole = editDistance(wanted, letters)
            // The same with a letter wrong; one more is counted, since a name that is whole is nearer.
            let beginning = editDistance(wanted, Array(letters.prefix(wanted.count))) + 1
            return (candidate, wanted.count >= 4 && beginning <= wanted.count / 3 + 1 ? min(whole, beginning) : whole)
        }
        return ranked.filter { $0.distance <= max(2, wanted.count / 2) }
            .sorted { ($0.distance, $0.name) < ($1.distance, $1.name) }.prefix(3).map(\.name)
    }

    /// What to do about a name that is not known: the names that it may have been meant for, or where all stand.
    static func hint(for name: String, among names: [String] = models.map(\.name)) -> String {
        let near = self.names(near: name, among: names)
        return near.isEmpty
            ? "`martlet models list` shows them all" : "did you mean \(near.joined(separator: ", "))?"
    }

    /// Levenshtein's distance: the fewest insertions, deletions and replacements between two texts.
    static func editDistance(_ first: [Unicode.Scalar], _ second: [Unicode.Scalar]) -> Int {
        var previous = Array(0...second.count)
        for (row, left) in first.enumerated() {
            var current = [row + 1]
            for (column, right) in second.enumerated() {
                current.append(
                    min(previous[column] + (left == right ? 0 : 1), previous[column + 1] + 1, current[column] + 1)
                )
            }
            previous = current
        }
        return previous[second.count]
    }
}
