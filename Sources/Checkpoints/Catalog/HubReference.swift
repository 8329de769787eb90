// SPDX-License-Identifier: Apache-2.0

/// A model on the Hugging Face hub, as `hf:OWNER/NAME[@REVISION][:FILE]` names it.
package struct HubReference: Hashable, Sendable {
    package let owner: String
    package let name: String
    package let revision: String
    package let file: String?

    /// Reads a reference; nil if `text` does not begin with `hf:`.
    package init?(_ text: String) throws(CheckpointError) {
        guard text.hasPrefix("hf:") else { return nil }
        let parts = text.dropFirst(3).split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let place = parts[0].split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
        let names = place[0].split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        let revision = place.count > 1 ? String(place[1]) : "main"
        let file = parts.count > 1 ? String(parts[1]) : nil
        guard names.count == 2, (names + [revision, file ?? "x"]).allSatisfy(Self.isPlain) else {
            throw CheckpointError(
                .notFound,
                "a model of the hub is named hf:OWNER/NAME, hf:OWNER/NAME@REVISION or hf:OWNER/NAME:FILE",
                key: text
            )
        }
        (owner, name, self.revision, self.file) = (names[0], names[1], revision, file)
    }

    /// Letters, digits, `.`, `_` and `-` that cannot climb out of a folder.
    package static func isPlain(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.count <= 128 && !name.hasPrefix(".")
            && name.utf8.allSatisfy {
                (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0)
                    || $0 == 0x2E || $0 == 0x5F || $0 == 0x2D
            }
    }
}
