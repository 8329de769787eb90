// SPDX-License-Identifier: Apache-2.0
import Foundation

/// A film or sound as a document: its title, what is known of it, chapters, lyrics, subtitles, and the text in its
/// pictures, each line with its time. Speech is not transcribed, and the text says so.
struct MediaDocument {
    let title: String
    let lines: [ExtractedLine]

    private static let trackLimit = 16
    private static let chapterLimit = 1_000
    /// Tags that are taken in, and what they are called; players and programs write them under more names than one.
    private static let labels: [(String, [String])] = [
        ("Artist", ["artist", "performer"]), ("Album", ["album"]), ("Album artist", ["album_artist", "albumartist"]),
        ("Composer", ["composer"]), ("Genre", ["genre"]), ("Date", ["date", "year"]),
        ("Taken", ["com.apple.quicktime.creationdate", "creation_time"]),
        ("Camera", ["com.apple.quicktime.model", "com.android.model", "model"]), ("Show", ["show"]),
        ("Description", ["description"]), ("Synopsis", ["synopsis"]), ("Comment", ["comment"]),
        ("Author", ["author"]), ("Copyright", ["copyright"]),
    ]

    /// Reads a film or sound.
    ///
    /// - Throws: `KnowledgeError`, `unavailable` without ffmpeg, or without tesseract where there are pictures.
    init(_ tool: FilmTool, name: String, caption: Caption?, recognizer: TextRecognizer = TextRecognizer()) throws {
        let probe = try tool.probe()
        let tags = probe.tags
        var document = MediaLines(title: tags["title"] ?? caption?.lines.first, name: name)
        var facts = [probe.format?.formatLongName ?? tool.container.rawValue]
        if let film = probe.film, let width = film.width, let height = film.height {
            facts.append("\(width) × \(height) pixels")
        }
        if probe.duration > 0 { facts.append(MediaProbe.clock(probe.duration)) }
        facts.append("no speech was transcribed")
        document.row(probe.film == nil ? "Sound" : "Film", facts.joined(separator: ", "))
        document.row("File", name)
        for line in caption?.lines ?? [] { document.row("Caption", line) }
        for (label, names) in Self.labels { document.row(label, names.compactMap { tags[$0] }.first) }
        document.row("Place", Self.place(tags))
        for chapter in (probe.chapters ?? []).prefix(Self.chapterLimit) {
            let title = chapter.tags?.first { $0.key.lowercased() == "title" }?.value
            let time = MediaProbe.milliseconds(chapter.startTime)
            document.row("Chapter", title.map(ImageMetadata.clean), time: time)
        }
        for (name, text) in tags.sorted(by: { $0.key < $1.key })
        where name.hasPrefix("lyrics") || name.hasPrefix("unsynced") {
            document.heading("Lyrics")
            for line in text.split(separator: "\n") { document.line(Self.lyric(line)) }
        }
        for track in probe.subtitles.prefix(Self.trackLimit) {
            let language = track.tags?["language"].map { " (\(ImageMetadata.clean($0)))" } ?? ""
            document.heading("Subtitles" + language)
            for line in Self.cues(try tool.subtitles(track)) { document.line(line) }
        }
        if let film = probe.film {
            let frames = try Self.frames(tool, film, probe.duration, recognizer)
            if !frames.isEmpty { document.heading("Text in the picture") }
            for (time, lines) in frames { document.block(lines, SourcePlace(time: time)) }
        }
        title = document.title
        lines = document.lines
    }

    private static func cues(_ subtitles: [UInt8]) -> [ExtractedLine] {
        var reader = SubtitleReader()
        let lines = String(decoding: subtitles, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
        return lines.flatMap { reader.read(String($0), endsLine: true, place: SourcePlace()) } + reader.finish()
    }

    /// The text in the pictures at which the film changes, without what stood in the one before.
    private static func frames(
        _ tool: FilmTool,
        _ film: MediaProbe.Stream,
        _ duration: Double,
        _ recognizer: TextRecognizer
    ) throws -> [(time: Int, lines: [String])] {
        _ = try recognizer.data()
        var found: [(time: Int, lines: [String])] = []
        var before: Set<String> = []
        for time in try tool.keyFrames(film, duration: duration) {
            let picture = try tool.frame(film, at: time)
            guard !picture.isEmpty else { continue }
            let lines = try recognizer.blocks(in: .bytes(picture)).flatMap(\.lines)
            let new = lines.filter { !before.contains($0) }
            if !new.isEmpty { found.append((time, new)) }
            before = Set(lines)
        }
        return found
    }

    /// A line of lyrics, with its time where it begins with one: `[01:02.50]`.
    private static func lyric(_ line: Substring) -> ExtractedLine {
        var place = SourcePlace()
        var text = line
        if line.first == "[", let end = line.firstIndex(of: "]") {
            let parts = line[..<end].dropFirst().split(separator: ":")
            if parts.count == 2, let minutes = Int(parts[0]), (0..<10_000).contains(minutes),
                let seconds = Double(parts[1]), (0..<60).contains(seconds)
            {
                place.time = minutes * 60_000 + Int(seconds * 1_000)
                text = line[end...].dropFirst()
            }
        }
        return ExtractedLine(text: String(text), kind: .prose, place: place)
    }

    /// Degrees north and east from ISO 6709, `+52.1234+004.5678/`.
    private static func place(_ tags: [String: String]) -> String? {
        guard let text = tags["com.apple.quicktime.location.iso6709"] ?? tags["location"] else { return nil }
        var numbers: [Substring] = []
        var rest = text[...]
        while let sign = rest.first, sign == "+" || sign == "-", numbers.count < 2 {
            let number = rest.dropFirst().prefix { $0.isASCII && $0.isNumber || $0 == "." }
            numbers.append(rest[..<number.endIndex])
            rest = rest[number.endIndex...]
        }
        guard numbers.count == 2, let north = Double(numbers[0]), let east = Double(numbers[1]), abs(north) <= 90,
            abs(east) <= 180
        else { return text }
        return String(format: "%.5f, %.5f", north, east)
    }
}
