// SPDX-License-Identifier: Apache-2.0
import COpenSSL

/// The hash functions, by OpenSSL.
enum Digest {
    static func hexadecimal(_ function: BuiltIn, _ text: String) -> String? {
        let kind: OpaquePointer? =
            switch function {
            case .md5: EVP_md5()
            case .sha1: EVP_sha1()
            case .sha256: EVP_sha256()
            case .sha384: EVP_sha384()
            case .sha512: EVP_sha512()
            default: nil
            }
        guard let kind else { return nil }
        let bytes = Array(text.utf8)
        var digest = [UInt8](repeating: 0, count: 64)
        var count: UInt32 = 0
        guard EVP_Digest(bytes, bytes.count, &digest, &count, kind, nil) == 1 else { return nil }
        let digits = Array("0123456789abcdef")
        return String(digest.prefix(Int(count)).flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
    }
}
