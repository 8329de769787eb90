// SPDX-License-Identifier: Apache-2.0
import Foundation

/// Runs ffprobe and ffmpeg on one file.
struct FilmTool {
    let input: ExternalProgram.Input
    let container: MediaContainer
    var searchPath: String?

    /// Pictures of a film that are looked at for text.
    private static let frameLimit = 100
    /// Seconds of film that are decoded whole; of longer ones only those frames that stand for themselves.
    private static let wholeLimit = 120.0
    private static let pixelLimit = 50_000_000

    private func process(_ program: String, _ arguments: [String], seconds: Double, bytes: Int) -> ExternalProgram {
        // Only the one file, by the one reader, whatever it says.
        let source = ["-v", "error", "-protocol_whitelist", "file", "-f", container.rawValue]
        var process = ExternalProgram(program, from: "ffmpeg", source + arguments)
        if let searchPath { process.searchPath = searchPath }
        process.seconds = seconds
        process.outputLimit = bytes
        process.environment = ["AV_LOG_FORCE_NOCOLOR": "1"]
        return process
    }

    func probe() throws -> MediaProbe {
        let arguments = ["-i", "/dev/stdin", "-show_format", "-show_streams", "-show_chapters", "-of", "json"]
        let output = try process("ffprobe", arguments, seconds: 60, bytes: 16 << 20).run(input)
        guard output.status == 0 else {
            let said = output.errors.split(separator: "\n").last ?? "it says nothing"
            throw KnowledgeError(.badDocument, "a damaged film or sound: ffprobe cannot read it (\(said))")
        }
        return try MediaProbe.read(output.bytes)
    }

    /// A track of subtitles as SubRip; empty where it is damaged.
    func subtitles(_ stream: MediaProbe.Stream) throws -> [UInt8] {
        let arguments = ["-nostdin", "-i", "/dev/stdin", "-map", "0:\(stream.index)", "-f", "srt", "-"]
        return try process("ffmpeg", arguments, seconds: 300, bytes: 16 << 20).run(input).bytes
    }

    /// Times in milliseconds at which the picture changes, and in between at every so many seconds.
    func keyFrames(_ film: MediaProbe.Stream, duration: Double) throws -> [Int] {
        let period = max(5, duration / Double(Self.frameLimit / 2))
        let choice = "isnan(prev_selected_t)+gt(scene\\,0.08)+gte(t-prev_selected_t\\,\(period))"
        let filter = "scale=320:-2,select='\(choice)',metadata=print:file=-"
        let decoding = duration > Self.wholeLimit ? ["-skip_frame", "nokey"] : []
        let arguments =
            ["-nostdin"] + decoding + [
                "-max_pixels", "\(Self.pixelLimit)", "-i", "/dev/stdin", "-map", "0:\(film.index)",
            ]
            + ["-vf", filter, "-f", "null", "-"]
        let output = try process("ffmpeg", arguments, seconds: 600, bytes: 16 << 20).run(input)
        let lines = String(decoding: output.bytes, as: UTF8.self).split(separator: "\n")
        let times = lines.compactMap { line -> Int? in
            guard line.hasPrefix("frame:"), let at = line.firstRange(of: "pts_time:") else { return nil }
            return MediaProbe.milliseconds(String(line[at.upperBound...]))
        }
        guard times.count > Self.frameLimit else { return times }
        // More changes than pictures that are looked at: those at even steps.
        return (0..<Self.frameLimit).map { times[$0 * times.count / Self.frameLimit] }
    }

    /// The picture at a time as a PNG; empty where there is none.
    func frame(_ film: MediaProbe.Stream, at milliseconds: Int) throws -> [UInt8] {
        // Text of usual size is read best in a picture of about this width.
        let filter = "scale='min(1920,max(iw,1280))':-2"
        let arguments =
            [
                "-nostdin", "-max_pixels", "\(Self.pixelLimit)", "-ss",
                String(format: "%.3f", Double(milliseconds) / 1_000),
            ]
            + ["-i", "/dev/stdin", "-map", "0:\(film.index)", "-frames:v", "1", "-vf", filter]
            + ["-c:v", "png", "-f", "image2pipe", "-"]
        return try process("ffmpeg", arguments, seconds: 60, bytes: 64 << 20).run(input).bytes
    }
}
