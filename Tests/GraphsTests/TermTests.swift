// SPDX-License-Identifier: Apache-2.0
import Graphs
import Testing

@Suite struct TermTests {
    @Test func languagesAreComparedWithoutCase() {
        #expect(Literal("salt", language: "EN-GB") == Literal("salt", language: "en-gb"))
        #expect(Literal("salt", language: "en") != Literal("salt"))
    }
}
