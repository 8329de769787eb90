// SPDX-License-Identifier: Apache-2.0
import Foundation
import Graphs

// Runs the tests that W3C manifests list, and prints a line each: PASS, FAIL or SKIP, the kind and the name.

func report(_ verdict: String, _ kind: String, _ name: String, _ why: String) {
    print("\(verdict)\t\(kind)\t\(name)\t\(why.replacing("\n", with: " ").prefix(300))")
}

for path in CommandLine.arguments.dropFirst() {
    do {
        if path.hasSuffix(".jsonld") {
            for test in try JSONLDManifest(path: path).tests {
                let (verdict, why) = test.run()
                report(verdict, test.kind, test.name, why)
            }
        } else {
            for test in try Manifest(path: path).tests {
                let (verdict, why) = test.run()
                report(verdict, test.kind, "\(test.folder)/\(test.name)", why)
            }
        }
    } catch {
        report("FAIL", "Manifest", path, "\(error)")
    }
}
