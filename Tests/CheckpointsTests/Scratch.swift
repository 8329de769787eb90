// SPDX-License-Identifier: Apache-2.0

import Checkpoints
import Foundation
import Testing

/// A folder that is gone when the test ends.
final class Scratch {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.path + "/martlet-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    @discardableResult
    func write(_ bytes: [UInt8], to name: String) throws -> String {
        let file = "\(path)/\(name)"
        let folder = (file as NSString).deletingLastPathComponent
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try Data(bytes).write(to: URL(fileURLWithPath: file))
        return file
    }

    @discardableResult
    func write(_ text: String, to name: String) throws -> String { try write(Array(text.utf8), to: name) }
}

/// The error that opening these bytes gives; fails the test if they open.
func errorOpening(
    _ bytes: [UInt8],
    as name: String,
    sourceLocation: SourceLocation = #_sourceLocation
) throws -> CheckpointError? {
    let scratch = try Scratch()
    let path = try scratch.write(bytes, to: name)
    do throws(CheckpointError) {
        _ = try Checkpoint.open(path)
        Issue.record("opened, but is malformed", sourceLocation: sourceLocation)
        return nil
    } catch {
        return error
    }
}

/// Resident bytes of this process.
func residentBytes() -> Int {
    guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8) else { return 0 }
    return (text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) * 4096
}
