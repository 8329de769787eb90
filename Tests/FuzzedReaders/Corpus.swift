// SPDX-License-Identifier: Apache-2.0
import Foundation

extension FuzzedReader {
    /// The folder of this reader's inputs in the sources.
    package var corpusFolder: String {
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Corpus/\(name)").path
    }

    /// The inputs of a folder, by name; none where there is no such folder.
    package func inputs(in folder: String) -> [(name: String, bytes: [UInt8])] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.sorted().compactMap { name in
            FileManager.default.contents(atPath: "\(folder)/\(name)").map { (name, [UInt8]($0)) }
        }
    }
}
