// SPDX-License-Identifier: Apache-2.0

/// Finds passages that say the same in nearly the same words: a licence in fifty packages, a paragraph wrapped otherwise.
/// Candidates share one of four bands of four minima of hashes of their three-word shingles (A. Broder, "On the
/// Resemblance and Containment of Documents", 1997); they count as alike when at least nine tenths of all shingles are
/// common to both and the numbers in them are the same ones, for a price or a version is what tells two texts apart.
struct Likeness {
    private let shingles: Set<UInt64>
    private let numbers: [Substring]
    /// Empty for a text that is too short to be like another.
    let bands: [Int64]

    private static let least = 20  // words
    private static let share = 0.9
    private static let candidates = 16

    init(_ text: String) {
        let words = text.lowercased().split { !$0.isLetter && !$0.isNumber }
        numbers = words.filter { $0.contains(where: \.isNumber) }
        guard words.count >= Self.least else {
            (shingles, bands) = ([], [])
            return
        }
        let hashes = words.map {
            $0.utf8.reduce(14_695_981_039_346_656_037 as UInt64) { ($0 ^ UInt64($1)) &* 1_099_511_628_211 }
        }
        var shingles: Set<UInt64> = []
        for index in 2..<hashes.count {
            shingles.insert(Self.mixed(Self.mixed(hashes[index - 2]) &+ 3 &* hashes[index - 1] &+ 7 &* hashes[index]))
        }
        self.shingles = shingles
        bands = (0..<4).map { band in
            var joined: UInt64 = UInt64(band)
            for row in 0..<4 {
                let seed = UInt64(4 * band + row + 1) &* 0x9E37_79B9_7F4A_7C15
                joined = Self.mixed(joined ^ (shingles.lazy.map { Self.mixed($0 ^ seed) }.min() ?? 0))
            }
            return Int64(bitPattern: joined)
        }
    }

    /// The finalizer of SplitMix64.
    private static func mixed(_ value: UInt64) -> UInt64 {
        var value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
        return value ^ value >> 31
    }

    func isLike(_ other: Likeness) -> Bool {
        guard !shingles.isEmpty, !other.shingles.isEmpty, numbers == other.numbers else { return false }
        let common = Double(shingles.intersection(other.shingles).count)
        return common >= Self.share * (Double(shingles.count + other.shingles.count) - common)
    }

    /// The id under which a stored passage that is like this text is searched: its own, or that of the one it is like.
    func twin(in db: Database) throws -> String? {
        var seen: Set<Int64> = []
        for band in bands {
            let rows = try Row.fetchAll(
                db.cachedStatement(
                    sql: """
                        SELECT passage.id, passage.key, passage.twin, passage.text FROM likeness
                        JOIN passage ON passage.id = likeness.passage WHERE likeness.band = ? LIMIT \(Self.candidates)
                        """
                ),
                arguments: [band]
            )
            for row in rows where seen.insert(try row.value("id")).inserted {
                if isLike(Likeness(try row.value("text"))) { return try row.optional("twin") ?? row.value("key") }
            }
        }
        return nil
    }

    func store(passage: Int64, in db: Database) throws {
        let statement = try db.cachedStatement(
            sql: "INSERT INTO likeness (band, passage) VALUES (?, ?) ON CONFLICT DO NOTHING"
        )
        for band in bands { try statement.execute(arguments: [band, passage]) }
    }
}
