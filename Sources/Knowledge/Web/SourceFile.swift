// SPDX-License-Identifier: Apache-2.0
import Foundation

/// The file that a document is read from: the document's own, or one that a fetched page lies in until it is read.
final class SourceFile {
    /// Where it lies.
    let path: String
    /// The encoding that a server named.
    let charset: String?
    private let folder: String?

    /// - Throws: `KnowledgeError` where a page cannot be fetched.
    init(_ name: String, fetcher: WebFetcher) async throws {
        guard WebAddress.isMeant(by: name) else {
            (path, charset, folder) = (name, nil, nil)
            return
        }
        let page = try await fetcher.page(name)
        let folder = NSTemporaryDirectory() + "martlet-page-\(UUID().uuidString)"
        path = folder + "/" + page.fileName
        charset = page.contentType?.charset
        self.folder = folder
        do {
            try FileManager.default.createDirectory(
                atPath: folder,
                withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700]
            )
            try Data(page.bytes).write(to: URL(fileURLWithPath: path))
        } catch {
            throw KnowledgeError(
                .noSpace,
                "the page cannot be kept in \(NSTemporaryDirectory()) while it is read",
                subject: name,
                underlying: error
            )
        }
    }

    deinit {
        if let folder { try? FileManager.default.removeItem(atPath: folder) }
    }
}
