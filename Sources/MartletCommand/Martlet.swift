// SPDX-License-Identifier: Apache-2.0
import ArgumentParser

@main
struct Martlet: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "martlet", version: "0.1.0")
}
