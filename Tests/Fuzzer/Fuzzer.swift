// SPDX-License-Identifier: Apache-2.0
import Foundation
import FuzzedReaders

/// Runs one reader of untrusted bytes on inputs without end; `Scripts/fuzz` builds and calls it.
///
/// Built with MARTLET_FUZZ set the inputs come from libFuzzer, which sees what they reach; else they are mutations of
/// the corpus.
@main
enum Fuzzer {
    static func main() {
        let arguments = Array(CommandLine.arguments.dropFirst())
        guard let name = arguments.first, let reader = FuzzedReader.all.first(where: { $0.name == name }) else {
            fail("name a reader: \(FuzzedReader.all.map(\.name).joined(separator: " "))")
        }
        let rest = Array(arguments.dropFirst())
        if rest.count == 4, rest[0] == "--seconds", let seconds = Double(rest[1]), rest[2] == "--folder" {
            explore(reader, seconds: seconds, folder: rest[3])
        } else if !rest.isEmpty, !rest.contains(where: { $0.hasPrefix("-") }) {
            replay(reader, rest)
        } else {
            fail("after the reader's name: --seconds N --folder DIR, or files to read again")
        }
    }

    static func fail(_ message: String) -> Never {
        FileHandle.standardError.write(Data("error: \(message)\n".utf8))
        exit(64)
    }

    private static func explore(_ reader: FuzzedReader, seconds: Double, folder: String) {
        for name in ["corpus", "found"] {
            do {
                try FileManager.default.createDirectory(atPath: "\(folder)/\(name)", withIntermediateDirectories: true)
            } catch {
                fail("cannot make \(folder)/\(name): \(error.localizedDescription)")
            }
        }
        #if LIBFUZZER
        LibFuzzer.run(reader, seconds: seconds, folder: folder)
        #else
        MutationFuzzer(reader, folder: folder).run(seconds: seconds)
        #endif
    }

    private static func replay(_ reader: FuzzedReader, _ files: [String]) {
        var failed = false
        for file in files {
            guard let bytes = FileManager.default.contents(atPath: file) else { fail("cannot read \(file)") }
            let start = ContinuousClock.now
            let complaint = reader.complaint(about: [UInt8](bytes))
            print("\(file): \(complaint ?? "as it should be"), \(ContinuousClock.now - start)")
            failed = failed || complaint != nil
        }
        exit(failed ? 1 : 0)
    }
}
