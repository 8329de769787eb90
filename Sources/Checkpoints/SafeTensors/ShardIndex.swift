// SPDX-License-Identifier: Apache-2.0

/// Reads `model.safetensors.index.json`: which file of a sharded model holds which tensor.
enum ShardIndex {
    /// Shard names in the order of their first mention, and each tensor's place in that list.
    struct Contents {
        var shards: [String] = []
        var places: [String: Int] = [:]
    }

    private static let memoryLimit = 24 << 20

    static func read(_ file: OpenFile) throws(CheckpointError) -> Contents {
        var scanner = JSONScanner(file)
        var contents = Contents()
        var seen = Set<String>()
        try scanner.expect("{", "the index")
        var first = true
        while let key = try scanner.nextKey(first: &first, limit: 1024, in: "the index") {
            guard seen.insert(key).inserted, seen.count < 64 else {
                throw scanner.cursor.malformed("the key stands twice, or there are too many", key: key)
            }
            if key == "weight_map" {
                contents = try weightMap(&scanner)
            } else {
                try scanner.skipValue(in: "the index")
            }
        }
        try scanner.skipSpace()
        guard scanner.cursor.remaining == 0 else { throw scanner.cursor.malformed("text after the index's end") }
        guard !contents.shards.isEmpty else {
            throw CheckpointError(.malformed, "the index names no file", file: file.path, key: "weight_map")
        }
        return contents
    }

    private static func weightMap(_ scanner: inout JSONScanner) throws(CheckpointError) -> Contents {
        var contents = Contents()
        var shardPlaces: [String: Int] = [:]
        var kept = 0
        try scanner.expect("{", "weight_map")
        var first = true
        while let tensor = try scanner.nextKey(first: &first, limit: 1024, in: "weight_map") {
            let start = scanner.cursor.offset
            let shard = try scanner.string(limit: 255, in: "weight_map")
            guard shard.hasSuffix(".safetensors"), !shard.hasPrefix("."), !shard.contains("/"),
                !shard.contains("\\"), !shard.utf8.contains(0)
            else {
                throw scanner.cursor.malformed(
                    "a shard has to be a .safetensors file in the same folder, not \(printable(shard))",
                    at: start,
                    key: tensor
                )
            }
            kept += tensor.utf8.count + 128
            guard kept <= memoryLimit else { throw scanner.cursor.malformed("the index names too many tensors") }
            let place = shardPlaces[shard] ?? contents.shards.count
            if place == contents.shards.count {
                guard place < 1024 else { throw scanner.cursor.malformed("more than 1024 shards", at: start) }
                shardPlaces[shard] = place
                contents.shards.append(shard)
            }
            guard contents.places.updateValue(place, forKey: tensor) == nil else {
                throw scanner.cursor.malformed("the tensor stands twice", at: start, key: tensor)
            }
        }
        return contents
    }
}
