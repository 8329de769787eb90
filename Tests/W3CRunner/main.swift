// SPDX-License-Identifier: Apache-2.0
import Foundation
import Graphs

// Runs the tests that W3C manifests list, and prints a line each: PASS, FAIL or SKIP, the kind and the name.

for path in CommandLine.arguments.dropFirst() {
    do {
        for test in try Manifest(path: path).tests {
            let (verdict, why) = test.run()
            print(
                "\(verdict)\t\(test.kind)\t\(test.folder)/\(test.name)\t\(why.replacing("\n", with: " ").prefix(300))"
            )
        }
    } catch {
        print("FAIL\tManifest\t\(path)\t\(error)")
    }
}
