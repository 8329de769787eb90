// SPDX-License-Identifier: Apache-2.0
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// A line on standard error that shows how far something has come; silent where no person reads it.
final class ProgressBar: Sendable {
    /// What the numbers count.
    enum Unit: Sendable {
        case bytes
        case items
    }

    private struct State {
        var start: ContinuousClock.Instant?
        var startDone = 0
        var drawn: ContinuousClock.Instant?
        var label = ""
        var isVisible = false
    }

    private let unit: Unit
    private let isShown: Bool
    private let state = Mutex(State())

    init(_ unit: Unit) {
        self.unit = unit
        isShown = StandardError.isTerminal && Style.isWanted && getenv("TERM").map { String(cString: $0) } != "dumb"
    }

    deinit { clear() }

    /// Shows `done` of `total`; drawn at most ten times a second.
    func update(_ label: String, done: Int, total: Int?) {
        guard isShown else { return }
        let now = ContinuousClock.now
        state.withLock { state in
            if state.label != label || state.start == nil || done < state.startDone {
                state.label = label
                state.start = now
                state.startDone = done
            } else if let drawn = state.drawn, now - drawn < .milliseconds(100), done != total {
                return
            }
            state.drawn = now
            state.isVisible = true
            let seconds = state.start.map { (now - $0) / .seconds(1) } ?? 0
            let rate = seconds > 0.5 ? Double(done - state.startDone) / seconds : 0
            StandardError.write("\r" + line(label, done, total, rate) + "\u{1B}[K")
        }
    }

    /// Takes the line away, so that other lines can be written.
    func clear() {
        state.withLock { state in
            if state.isVisible { StandardError.write("\r\u{1B}[K") }
            state.isVisible = false
        }
    }

    private func line(_ label: String, _ done: Int, _ total: Int?, _ rate: Double) -> String {
        var figures = unit == .bytes ? Amount.bytes(done) : "\(done)"
        if let total, total > 0 {
            let share = Swift.min(1, Double(done) / Double(total))
            figures = "\(Int(share * 100)) %  \(figures) of \(unit == .bytes ? Amount.bytes(total) : "\(total)")"
            if rate > 0, done < total { figures += "  \(Self.time(Double(total - done) / rate)) left" }
        }
        if unit == .bytes, rate > 0 { figures += "  \(Amount.bytes(Int(rate)))/s" }
        let columns = Self.columns
        let room = columns - figures.displayWidth - 5
        var label = label
        while label.displayWidth > Swift.max(8, Swift.min(40, room)), !label.isEmpty { label.removeLast() }
        let width = Swift.min(30, room - label.displayWidth - 2)
        guard let total, total > 0, width >= 8 else { return String("\(label)  \(figures)".prefix(columns - 1)) }
        let filled = Int(Double(width) * Swift.min(1, Double(done) / Double(total)))
        let bar = String(repeating: "━", count: filled) + String(repeating: "─", count: width - filled)
        return "\(label)  \(bar)  \(figures)"
    }

    private static func time(_ seconds: Double) -> String {
        guard seconds < 359_999 else { return "long" }
        let whole = Int(seconds.rounded(.up))
        if whole < 60 { return "\(whole) s" }
        return whole < 3600 ? "\(whole / 60) min \(whole % 60) s" : "\(whole / 3600) h \(whole % 3600 / 60) min"
    }

    private static var columns: Int {
        var size = winsize()
        guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 20 else { return 80 }
        return Int(size.ws_col)
    }
}
