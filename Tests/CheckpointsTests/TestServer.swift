// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// A server on the loopback that behaves as badly as the first part of each path says.
final class TestServer {
    let port: Int
    private let process = Process()
    private let log: String

    private static let script = #"""
        import http.server, json, os, sys, time
        root, log = sys.argv[1:]
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            def log_message(self, *rest): pass
            def redirect(self, place):
                self.send_response(302)
                self.send_header("Location", place)
                self.send_header("Content-Length", "0")
                self.end_headers()
            def do_GET(self):
                mode, path = self.path[1:].split("/", 1)
                with open(log, "a") as out:
                    out.write(json.dumps([mode, path, self.headers["Host"], self.headers["Authorization"], self.headers["Range"]]) + "\n")
                name = path.split("?")[0]
                if mode == "loop": return self.redirect(self.path)
                if mode == "file": return self.redirect("file:///etc/passwd")
                if mode == "redirect": return self.redirect(f"http://localhost:{server.server_port}/plain/{path}")
                if mode == "moved": return self.redirect(f"/plain/{path}")
                if mode == "hang": return time.sleep(600)
                target = os.path.join(root, name)
                if mode == "missing" or not os.path.isfile(target):
                    self.send_response(404)
                    self.send_header("Content-Length", "0")
                    return self.end_headers()
                data = open(target, "rb").read()
                start = 0
                if self.headers["Range"] and mode not in ("norange", "truncate"):
                    start = int(self.headers["Range"][6:].split("-")[0])
                self.send_response(206 if start else 200)
                if start: self.send_header("Content-Range", f"bytes {start if mode != 'otherrange' else 0}-{len(data) - 1}/{len(data)}")
                length = len(data) - start + (10 if mode == "long" else 0)
                self.send_header("Content-Length", str(length))
                self.end_headers()
                if mode == "wrong": data = bytes(len(data))
                if mode == "long": data += bytes(10)
                if mode in ("truncate", "stall") and len(data) > 1000:
                    self.wfile.write(data[start:len(data) // 2])
                    self.wfile.flush()
                    if mode == "stall": time.sleep(600)
                    self.close_connection = True
                    return
                if mode == "slow":
                    for at in range(start, len(data), 10000):
                        self.wfile.write(data[at:at + 10000])
                        self.wfile.flush()
                        time.sleep(0.05)
                    return
                self.wfile.write(data[start:])
        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            def handle_error(self, *rest): pass
        server = Server(("127.0.0.1", 0), Handler)
        print(server.server_port, flush=True)
        server.serve_forever()
        """#

    init(root: String, log: String) throws {
        self.log = log
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", "-c", Self.script, root, log]
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        port = try #require(Int(line.trimmingCharacters(in: .whitespacesAndNewlines)))
    }

    // A child of a worker thread has its signals blocked, so that SIGTERM would not reach it.
    deinit { kill(process.processIdentifier, SIGKILL) }

    /// The address under which the server behaves as `mode` says.
    func endpoint(_ mode: String) -> String { "http://127.0.0.1:\(port)/\(mode)" }

    struct Request: Equatable {
        let mode, path, host: String
        let authorization, range: String?
    }

    /// What was asked so far.
    var requests: [Request] {
        let lines = ((try? String(contentsOfFile: log, encoding: .utf8)) ?? "").split(separator: "\n")
        return lines.compactMap { line in
            guard let row = try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [Any], row.count == 5 else {
                return nil
            }
            return Request(
                mode: row[0] as? String ?? "",
                path: row[1] as? String ?? "",
                host: row[2] as? String ?? "",
                authorization: row[3] as? String,
                range: row[4] as? String
            )
        }
    }
}
