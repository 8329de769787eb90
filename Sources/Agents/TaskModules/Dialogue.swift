// SPDX-License-Identifier: Apache-2.0

/// Talk that needs no knowledge.
struct Dialogue: Stage {
    let name = "dialogue"

    func callAsFunction(_ turn: Turn) async throws -> Turn {
        var turn = turn
        turn.draft = .talk
        return turn
    }
}
