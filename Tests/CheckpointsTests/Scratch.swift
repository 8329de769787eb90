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

/// Seconds of processor time that `body` takes on this thread, so that a busy machine makes no test fail.
func processorSeconds(_ body: () -> Void) -> Double {
    func now() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
    let start = now()
    body()
    return now() - start
}
