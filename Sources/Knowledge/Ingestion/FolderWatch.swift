// SPDX-License-Identifier: Apache-2.0
#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Which files under some paths have changed since the last look, by size, time of change and identity: contents are
/// not read. What cannot be looked at counts as unchanged, so that a folder out of reach loses nothing.
struct FolderWatch {
    struct Changes {
        /// New or other than before.
        var changed: [String] = []
        /// There at the last look, and now surely not.
        var removed: [String] = []
    }

    private struct Signature: Equatable {
        var size: Int64
        var seconds: Int
        var nanoseconds: Int
        var file: UInt64
    }

    private let paths: [String]
    private var known: [String: Signature] = [:]

    init(_ paths: [String]) { self.paths = paths }

    /// What has changed since the last call; the first gives all files as changed.
    mutating func look() -> Changes {
        var changes = Changes()
        let found = DocumentFinder(paths).files
        for path in found {
            guard let signature = Self.signature(path) else { continue }
            if known.updateValue(signature, forKey: path) != signature { changes.changed.append(path) }
        }
        let there = Set(found)
        changes.removed = gone(known.keys.filter { !there.contains($0) })
        for path in changes.removed { known[path] = nil }
        return changes
    }

    /// Those of some paths that lie below the watched ones and do not exist, though the watched one does.
    func gone(_ names: [String]) -> [String] {
        let roots = paths.map { $0.count > 1 && $0.hasSuffix("/") ? String($0.dropLast()) : $0 }
        return names.filter { name in
            guard let root = roots.first(where: { name == $0 || name.hasPrefix($0 + "/") }) else { return false }
            guard name == root || Self.exists(root) == true else { return false }
            return Self.exists(name) == false
        }.sorted()
    }

    /// nil where the system does not say.
    private static func exists(_ path: String) -> Bool? {
        var status = stat()
        if stat(path, &status) == 0 { return true }
        return errno == ENOENT || errno == ENOTDIR ? false : nil
    }

    private static func signature(_ path: String) -> Signature? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        #if canImport(Darwin)
        let time = status.st_mtimespec
        #else
        let time = status.st_mtim
        #endif
        return Signature(
            size: Int64(status.st_size),
            seconds: Int(time.tv_sec),
            nanoseconds: Int(time.tv_nsec),
            file: UInt64(truncatingIfNeeded: status.st_ino)
        )
    }
}
