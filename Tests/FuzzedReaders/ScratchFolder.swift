// SPDX-License-Identifier: Apache-2.0
import Foundation
import Synchronization

/// A folder of this process for readers that read files: in memory where the system has a place for that.
struct ScratchFolder: Sendable {
    let path: String

    init(_ name: String) {
        let memory = "/dev/shm"
        let parent = FileManager.default.isWritableFile(atPath: memory) ? memory : NSTemporaryDirectory()
        path = "\(parent)/martlet-fuzz-\(getpid())-\(name)"
        try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        Self.made.withLock { made in
            // One handler for all: it takes the folders away when the process ends of its own accord.
            if made.isEmpty { atexit { ScratchFolder.removeAll() } }
            made.append(path)
        }
    }

    /// Writes the file anew and gives its path.
    @discardableResult
    func write(_ bytes: some Collection<UInt8>, to name: String) throws -> String {
        let file = "\(path)/\(name)"
        try Data(bytes).write(to: URL(fileURLWithPath: file))
        return file
    }

    private static let made = Mutex<[String]>([])

    private static func removeAll() {
        for path in made.withLock({ $0 }) { try? FileManager.default.removeItem(atPath: path) }
    }
}
