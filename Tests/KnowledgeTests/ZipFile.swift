// SPDX-License-Identifier: Apache-2.0
import CArchive

/// Containers for tests.
enum ZipFile {
    /// A ZIP file of parts, in their order.
    static func bytes(_ parts: KeyValuePairs<String, String>) -> [UInt8] {
        bytes(parts.map { ($0.key, Array($0.value.utf8)) })
    }

    static func bytes(_ parts: [(String, [UInt8])]) -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: 1 << 20 + parts.reduce(0) { $0 + $1.1.count + 1_024 })
        var used = 0
        let archive = archive_write_new()
        archive_write_set_format_zip(archive)
        archive_write_set_bytes_in_last_block(archive, 1)
        buffer.withUnsafeMutableBytes { memory in
            archive_write_open_memory(archive, memory.baseAddress, memory.count, &used)
            for (name, content) in parts {
                let entry = archive_entry_new()
                archive_entry_set_pathname_utf8(entry, name)
                archive_entry_set_size(entry, Int64(content.count))
                archive_entry_set_filetype(entry, 0o100000)
                archive_write_header(archive, entry)
                archive_write_data(archive, content, content.count)
                archive_entry_free(entry)
            }
            archive_write_close(archive)
        }
        archive_write_free(archive)
        return Array(buffer.prefix(used))
    }

    static func word(_ body: String) -> [UInt8] {
        bytes([
            "[Content_Types].xml": "<Types/>",
            "word/document.xml": "<w:document xmlns:w=\"w\"><w:body>\(body)</w:body></w:document>",
        ])
    }
}
