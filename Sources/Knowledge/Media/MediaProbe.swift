// SPDX-License-Identifier: Apache-2.0
import Foundation

/// What ffprobe says of a film or sound.
struct MediaProbe: Decodable {
    struct Stream: Decodable {
        let index: Int
        let codecName: String?
        let codecType: String?
        let width: Int?
        let height: Int?
        let disposition: [String: Int]?
        let tags: [String: String]?
    }

    struct Chapter: Decodable {
        let startTime: String?
        let tags: [String: String]?
    }

    struct Format: Decodable {
        let formatLongName: String?
        let duration: String?
        let tags: [String: String]?
    }

    let streams: [Stream]?
    let chapters: [Chapter]?
    let format: Format?

    static func read(_ json: [UInt8]) throws(KnowledgeError) -> MediaProbe {
        do {
            let decoder = JSONDecoder()
            decoder.keyDecodingStrategy = .convertFromSnakeCase
            return try decoder.decode(MediaProbe.self, from: Data(json))
        } catch {
            throw KnowledgeError(
                .badDocument,
                "a damaged film or sound: ffprobe finds nothing in it",
                underlying: error
            )
        }
    }

    /// Moving pictures; a sound's cover is none.
    var film: Stream? {
        streams?.first { $0.codecType == "video" && ($0.disposition?["attached_pic"] ?? 0) == 0 }
    }

    /// Subtitles that are text; others are pictures of it.
    var subtitles: [Stream] {
        let known: Set<String> = ["subrip", "ass", "ssa", "mov_text", "webvtt", "text", "eia_608"]
        return (streams ?? []).filter { $0.codecType == "subtitle" && known.contains($0.codecName ?? "") }
    }

    /// Seconds.
    var duration: Double {
        let seconds = format?.duration.flatMap { Double($0) } ?? 0
        return seconds.isFinite && seconds > 0 ? min(seconds, 10_000_000) : 0
    }

    /// Tags of the whole and, where it has none, as in Ogg, of its streams; names in lower case.
    var tags: [String: String] {
        var all: [String: String] = [:]
        for tags in [format?.tags] + (streams ?? []).map(\.tags) {
            for (name, value) in tags ?? [:] where all[name.lowercased()] == nil {
                let text = ImageMetadata.clean(String(value.prefix(ImageMetadata.textLimit)))
                if !text.isEmpty { all[name.lowercased()] = text }
            }
        }
        return all
    }

    /// Milliseconds of a number of seconds.
    static func milliseconds(_ seconds: String?) -> Int? {
        guard let value = seconds.flatMap({ Double($0) }), value.isFinite, abs(value) < 10_000_000 else { return nil }
        return max(0, Int((value * 1_000).rounded()))
    }

    /// `1:02:03` or `2:03`.
    static func clock(_ seconds: Double) -> String {
        let whole = Int(seconds.rounded())
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let tail = "\(two(whole % 60))"
        return whole >= 3_600
            ? "\(whole / 3_600):\(two(whole / 60 % 60)):\(tail)" : "\(whole / 60):\(tail)"
    }
}
