// SPDX-License-Identifier: Apache-2.0
import Synchronization

/// Reads the text in pictures with tesseract, one picture a process, in English and simplified Chinese as far as their
/// data are installed.
package struct TextRecognizer: Sendable {
    /// Lines that stand together in a picture.
    package struct Block: Equatable, Sendable {
        /// The picture of the file, the first being 1.
        package var page: Int
        package var lines: [String]

        package init(page: Int, lines: [String]) { (self.page, self.lines) = (page, lines) }
    }

    /// Where programs are looked for.
    package var searchPath: String?
    /// How long one picture may take, in seconds.
    package var seconds = 120.0

    /// Chinese first: beside it English is read as well as alone, the other way round Chinese is not.
    private static let languages = ["chi_sim", "eng"]
    /// Words below this confidence, of 100, are mostly not words.
    private static let wordConfidence = 40.0
    /// Blocks whose mean is below this are mostly not text.
    private static let blockConfidence = 60.0
    private static let installed = Mutex<[String: Data]>([:])

    /// What is installed beside a tesseract.
    package struct Data: Sendable {
        /// The languages to read in, as tesseract names them.
        package let languages: String
        /// Whether it can tell how a picture lies.
        package let tellsOrientation: Bool
    }

    package init() {}

    private func process(_ arguments: [String]) -> ExternalProgram {
        var process = ExternalProgram("tesseract", from: "tesseract-ocr", arguments)
        if let searchPath { process.searchPath = searchPath }
        // Its threads cost more than they bring for one picture, and others are read beside it.
        process.environment = ["OMP_THREAD_LIMIT": "1"]
        process.seconds = seconds
        process.outputLimit = 16 << 20
        return process
    }

    /// Looks for what is installed, once; throws `unavailable` where no language is.
    package func data() throws -> Data {
        let lister = process(["--list-langs"])
        let program = try lister.path()
        if let known = Self.installed.withLock({ $0[program] }) { return known }
        let output = try lister.run()
        let listed = (String(decoding: output.bytes, as: UTF8.self) + output.errors).split(separator: "\n")
        let found = Self.languages.filter { listed.contains(Substring($0)) }
        guard !found.isEmpty else {
            throw KnowledgeError(
                .unavailable,
                "tesseract has neither English nor Chinese; install tesseract-ocr-eng or tesseract-ocr-chi-sim and add "
                    + "it again"
            )
        }
        let data = Data(languages: found.joined(separator: "+"), tellsOrientation: listed.contains("osd"))
        Self.installed.withLock { $0[program] = data }
        return data
    }

    /// The text in a picture, block by block; `isTurned` where it may lie on its side or its head.
    package func blocks(in picture: ExternalProgram.Input, isTurned: Bool = false) throws -> [Block] {
        let data = try data()
        let segmentation = isTurned && data.tellsOrientation ? "1" : "3"
        let arguments = [
            "stdin", "stdout", "-l", data.languages, "--psm", segmentation, "-c", "tessedit_create_tsv=1",
        ]
        let output = try process(arguments).run(picture)
        guard output.status == 0 else {
            let said = output.errors.split(separator: "\n").last ?? "it says nothing"
            throw KnowledgeError(.badDocument, "a damaged image: tesseract cannot read it (\(said))")
        }
        return Self.blocks(of: output.bytes)
    }

    /// Reads tesseract's table: level, page, block, paragraph, line, word, place and size, confidence, text.
    package static func blocks(of table: [UInt8]) -> [Block] {
        var found: [(block: Block, confidence: Double, words: Int)] = []
        var paragraph: [Substring] = []
        var line: [Substring] = []
        for row in String(decoding: table, as: UTF8.self).split(separator: "\n") {
            let cells = row.split(separator: "\t", maxSplits: 11, omittingEmptySubsequences: false)
            guard cells.count == 12, cells[0] == "5", let page = Int(cells[1]), let confidence = Double(cells[10]),
                confidence >= wordConfidence, confidence <= 100
            else { continue }
            let word = cells[11].split(whereSeparator: \.isWhitespace).joined(separator: " ")
            guard !word.isEmpty else { continue }
            if Array(cells[1...3]) != paragraph || found.isEmpty {
                paragraph = Array(cells[1...3])
                line = []
                found.append((Block(page: page, lines: []), 0, 0))
            }
            let last = found.count - 1
            let lines = found[last].block.lines
            if Array(cells[1...4]) == line, let open = lines.last {
                found[last].block.lines[lines.count - 1] = join(open, word)
            } else {
                line = Array(cells[1...4])
                found[last].block.lines.append(word)
            }
            found[last].confidence += confidence
            found[last].words += 1
        }
        return found.filter { isText($0.block, $0.confidence / Double($0.words)) }.map(\.block)
    }

    /// Chinese stands without spaces, which tesseract puts between its words too.
    private static func join(_ text: String, _ word: String) -> String {
        let isWide = [text.unicodeScalars.last, word.unicodeScalars.first].allSatisfy {
            $0.map { $0.value >= 0x2E80 } ?? false
        }
        return text + (isWide ? "" : " ") + word
    }

    /// Whether a block is text rather than edges that look like some: mostly letters and digits, and surely read.
    private static func isText(_ block: Block, _ confidence: Double) -> Bool {
        let characters = block.lines.joined().filter { !$0.isWhitespace }
        let words = characters.filter { $0.isLetter || $0.isNumber }
        return confidence >= blockConfidence && words.count >= 2 && words.count * 2 >= characters.count
    }
}
