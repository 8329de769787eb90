// SPDX-License-Identifier: Apache-2.0
#if LIBFUZZER
import Foundation
import FuzzedReaders

/// libFuzzer on one reader: <https://llvm.org/docs/LibFuzzer.html>.
enum LibFuzzer {
    // Set once, before the first input.
    nonisolated(unsafe) fileprivate static var reader: FuzzedReader?

    static func run(_ reader: FuzzedReader, seconds: Double, folder: String) {
        self.reader = reader
        let dictionary = "\(folder)/dictionary"
        try? Data(entries(reader.dictionary).utf8).write(to: URL(fileURLWithPath: dictionary))
        var options = [
            "fuzzer", "-max_total_time=\(max(1, Int(seconds)))", "-timeout=10", "-rss_limit_mb=1024",
            "-malloc_limit_mb=512", "-max_len=\(reader.limit)", "-print_final_stats=1", "-use_value_profile=1",
            "-artifact_prefix=\(folder)/found/",
        ]
        // libFuzzer refuses a dictionary without entries.
        if !reader.dictionary.isEmpty { options.append("-dict=\(dictionary)") }
        options += ["\(folder)/corpus", reader.corpusFolder]
        var count = Int32(options.count)
        var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = .allocate(capacity: options.count + 1)
        for (place, option) in options.enumerated() { arguments?[place] = strdup(option) }
        arguments?[options.count] = nil
        exit(drive(&count, &arguments) { testOneInput($0, $1) })
    }

    /// The lines of a dictionary: each entry in quotes, bytes that are not printable in hexadecimal.
    private static func entries(_ words: [String]) -> String {
        words.map { word in
            let letters = word.utf8.map { byte in
                byte < 0x20 || byte > 0x7E || byte == 0x22 || byte == 0x5C
                    ? "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
                    : String(Unicode.Scalar(byte))
            }
            return "\"\(letters.joined())\"\n"
        }.joined()
    }
}

/// Reads one input; what is wrong ends the process, and libFuzzer keeps the input.
@_cdecl("LLVMFuzzerTestOneInput")
func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    if let reader = LibFuzzer.reader, let complaint = reader.complaint(about: bytes) {
        FileHandle.standardError.write(Data("\(reader.name): \(complaint)\n".utf8))
        abort()
    }
    return 0
}

@_silgen_name("LLVMFuzzerRunDriver")
private func drive(
    _ count: UnsafeMutablePointer<Int32>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>,
    _ read: @convention(c) (UnsafePointer<UInt8>?, Int) -> Int32
) -> Int32
#endif
