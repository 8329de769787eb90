// SPDX-License-Identifier: Apache-2.0
import Testing
import TextGeneration

@Suite struct StopMatcherTests {
    private func run(_ stops: [String], _ pieces: [String]) -> (shown: [String], stopped: Bool) {
        var matcher = StopMatcher(stops.map { Array($0.utf8) })
        var shown: [String] = []
        for piece in pieces {
            let (text, stopped) = matcher.append(Array(piece.utf8))
            shown.append(String(decoding: text, as: UTF8.self))
            if stopped { return (shown, true) }
        }
        shown.append(String(decoding: matcher.finish(), as: UTF8.self))
        return (shown, false)
    }

    @Test func aStopStringAcrossTokensIsFoundAndNotShown() {
        #expect(run(["</end>"], ["a<", "/e", "nd", "> b"]) == (["a", "", "", ""], true))
        #expect(run(["。\n"], ["好。", "\n"]) == (["好", ""], true))
    }

    @Test func whatCouldBeAStartIsHeldBackAndThenShown() {
        #expect(run(["STOP"], ["xS", "T", "Ox", "S"]) == (["x", "", "STOx", "", "S"], false))
        #expect(run(["aab"], ["aa", "aa", "b"]) == (["", "aa", ""], true))
    }

    @Test func theEarliestStartWins() {
        #expect(run(["cd", "bcde"], ["abcd", "e"]) == (["ab"], true))
        #expect(run(["d", "bc"], ["abcd"]) == (["a"], true))
    }

    @Test func withoutStopStringsNothingIsHeld() {
        #expect(run([], ["a", "b"]) == (["a", "b", ""], false))
    }
}
