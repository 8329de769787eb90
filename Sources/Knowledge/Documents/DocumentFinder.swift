// SPDX-License-Identifier: Apache-2.0
import Foundation

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Files and pages to take in, in the order of their names: a path or address as it was given, a folder's files as
/// FOLDER/path.
struct DocumentFinder {
    /// Names of files, sorted within each path that was given, each once.
    private(set) var files: [String] = []
    /// Paths that lead to no document.
    private(set) var skipped: [IngestionReport.Skipped] = []
    private var names: Set<String> = []

    private struct FolderIdentity: Hashable {
        var device: UInt64
        var file: UInt64
    }

    init(_ paths: [String]) {
        for path in paths { addRoot(path) }
    }

    private mutating func skip(_ path: String, _ code: KnowledgeError.Code, _ reason: String) {
        skipped.append(IngestionReport.Skipped(path: path, reason: reason, code: code))
    }

    private mutating func addRoot(_ path: String) {
        if WebAddress.isMeant(by: path) {
            if names.insert(path).inserted { files.append(path) }
            return
        }
        var name = path
        while name.count > 1, name.hasSuffix("/") { name.removeLast() }
        var visited: Set<FolderIdentity> = []
        add(name, isRoot: true, visited: &visited)
    }

    private mutating func add(_ path: String, isRoot: Bool, visited: inout Set<FolderIdentity>) {
        guard !path.isEmpty, !path.contains("\0") else { return skip(path, .badArgument, "no path") }
        var status = stat()
        guard stat(path, &status) == 0 else {
            let code = errno
            switch code {
            case ELOOP: return skip(path, .badDocument, "a loop of symbolic links")
            case ENOENT where isRoot: return skip(path, .notFound, "no such file or folder")
            case ENOENT: return skip(path, .notFound, "a symbolic link to nothing")
            default: return skip(path, .unreadable, "cannot be looked at: \(String(cString: strerror(code)))")
            }
        }
        switch FileKind(mode: status.st_mode) {
        case .file: if names.insert(path).inserted { files.append(path) }
        case .folder:
            let identity = FolderIdentity(
                device: UInt64(truncatingIfNeeded: status.st_dev),
                file: UInt64(truncatingIfNeeded: status.st_ino)
            )
            guard visited.insert(identity).inserted else {
                return skip(path, .badDocument, "a folder loop: this folder was taken in already under another name")
            }
            addFolder(path, visited: &visited)
        case let kind: skip(path, .badDocument, kind.reason)
        }
    }

    private mutating func addFolder(_ path: String, visited: inout Set<FolderIdentity>) {
        guard path.split(separator: "/").count < 200 else { return skip(path, .badDocument, "folders nested too deep") }
        guard let folder = opendir(path) else {
            return skip(path, .unreadable, "cannot be opened: \(String(cString: strerror(errno)))")
        }
        var entries: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX) + 1) { String(validatingCString: $0) }
            }
            guard let name else {
                skip(path, .badDocument, "holds a file whose name is not UTF-8")
                continue
            }
            if name != ".", name != ".." { entries.append(name) }
        }
        closedir(folder)
        for name in entries.sorted() {
            let child = path == "/" ? "/" + name : path + "/" + name
            if name.hasPrefix(".") {
                skip(child, .badDocument, "hidden: its name begins with a dot; name it to add it")
            } else {
                add(child, isRoot: false, visited: &visited)
            }
        }
    }
}
