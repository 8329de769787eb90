// SPDX-License-Identifier: Apache-2.0

/// Why a model file cannot be opened, read, found or fetched, and where.
public struct CheckpointError: Error, Sendable, CustomStringConvertible {
    /// What kind of thing went wrong; the command line maps each to an exit code.
    public enum Code: String, Sendable, Hashable, CaseIterable {
        /// The bytes break the format (exit 65).
        case malformed
        /// The file or folder is something else than a model (exit 65).
        case notAModel
        /// The format is known, but this part of it is not supported (exit 65).
        case unsupported
        /// The bytes are not those that the catalog names (exit 65).
        case checksum
        /// There is no such file, folder or model name (exit 66).
        case notFound
        /// A directory, device, pipe or socket where a file is expected (exit 66).
        case notRegularFile
        /// The model is known but not on this machine, or no source of it can be reached (exit 69).
        case unavailable
        /// The disk is full (exit 73).
        case noSpace
        /// A file or folder cannot be made (exit 73).
        case cannotCreate
        /// Reading or writing failed (exit 74).
        case io
        /// An environment variable or setting makes no sense (exit 78).
        case configuration
        /// The caller cancelled (exit 130).
        case cancelled
    }

    /// What kind of thing went wrong.
    public let code: Code
    /// What is wrong and what to do, in one line.
    public let message: String
    /// The file or folder concerned.
    public let file: String?
    /// The byte of `file` at which it is wrong.
    public let offset: Int?
    /// The metadata key, tensor or model concerned.
    public let key: String?
    /// The error that led to this one.
    public let underlying: (any Error)?

    package init(
        _ code: Code,
        _ message: String,
        file: String? = nil,
        offset: Int? = nil,
        key: String? = nil,
        underlying: (any Error)? = nil
    ) {
        self.code = code
        self.message = message
        self.file = file
        self.offset = offset
        self.key = key
        self.underlying = underlying
    }

    /// One line: what is wrong, and where in brackets.
    public var description: String {
        var places: [String] = []
        if let file { places.append(printable(file)) }
        if let offset { places.append("byte \(offset)") }
        if let key { places.append("key \(printable(key))") }
        return places.isEmpty ? message : "\(message) (\(places.joined(separator: ", ")))"
    }
}

/// `text` fit for one line of a terminal: control characters escaped, at most 200 characters.
///
/// Keys and tensor names come out of hostile files; an escape sequence in one must not reach the terminal.
package func printable(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars.prefix(200) {
        if scalar.properties.generalCategory == .control || scalar.properties.generalCategory == .format {
            result += scalar.escaped(asASCII: true)
        } else {
            result.unicodeScalars.append(scalar)
        }
    }
    return text.unicodeScalars.count > 200 ? result + "…" : result
}
