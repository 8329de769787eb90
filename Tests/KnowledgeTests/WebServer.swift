// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

/// A server on all loopback addresses that behaves as badly as the path says; it keeps what it was asked.
final class WebServer {
    let port: Int
    private let process = Process()
    private let log: String

    private static let script = #"""
        import gzip, http.server, json, sys, time, zlib
        log, robots = sys.argv[1:]
        PAGE = "<html><head><title>电池</title></head><body><h1>电池</h1><p>电池可用十小时。</p></body></html>"
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            def log_message(self, *rest): pass
            def answer(self, body=b"", status=200, **fields):
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                for name, value in fields.items(): self.send_header(name.replace("_", "-"), value)
                self.end_headers()
                self.wfile.write(body)
            def open_ended(self, **fields):
                self.close_connection = True
                self.send_response(200)
                for name, value in fields.items(): self.send_header(name.replace("_", "-"), value)
                self.end_headers()
            def do_GET(self):
                with open(log, "a") as out:
                    out.write(json.dumps([self.path, self.headers["Host"], sorted(name.lower() for name in self.headers)]) + "\n")
                path = self.path[1:].split("?")[0]
                if path == "robots.txt":
                    if robots == "hang": return time.sleep(600)
                    if robots.isdigit(): return self.answer(status=int(robots))
                    if robots.startswith("/"): return self.answer(status=302, Location=robots)
                    return self.answer(robots.encode(), Content_Type="text/plain")
                if path == "gb": return self.answer(PAGE.encode("gb18030"), Content_Type="text/html; charset=gb18030")
                if path == "zipped": return self.answer(gzip.compress(PAGE.encode()), Content_Type="text/html", Content_Encoding="gzip")
                if path == "bomb":
                    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
                    body = b"".join(packer.compress(bytes(1 << 20)) for _ in range(32)) + packer.flush()
                    return self.answer(body, Content_Encoding="gzip")
                if path == "endless":
                    self.open_ended(Content_Type="text/html")
                    while True: self.wfile.write(b"<p>more</p>" * 1000)
                if path == "long": return self.answer(bytes(2 << 20))
                if path == "slow":
                    self.open_ended(Content_Type="text/html")
                    while True:
                        self.wfile.write(b".")
                        self.wfile.flush()
                        time.sleep(0.1)
                if path == "stall":
                    self.open_ended(Content_Type="text/html")
                    self.wfile.write(b"<p>")
                    self.wfile.flush()
                    return time.sleep(600)
                if path == "mute": return time.sleep(600)
                if path == "heads":
                    self.wfile.write(b"HTTP/1.1 200 So\r\n")
                    while True: self.wfile.write(b"X-Y: " + b"z" * 1000 + b"\r\n")
                if path == "loop": return self.answer(status=302, Location="/loop")
                if path.startswith("hops/"):
                    left = int(path[5:])
                    place = f"/hops/{left - 1}" if left else "/gb"
                    return self.answer(status=307, Location=place, Set_Cookie="a=b; Path=/")
                if path.startswith("to/"): return self.answer(status=301, Location=path[3:])
                if path.isdigit(): return self.answer(b"no", status=int(path))
                self.answer(b"# Title\n\nSome words.\n", Content_Type="text/plain")
        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            def handle_error(self, *rest): pass
        server = Server(("0.0.0.0", 0), Handler)
        print(server.server_port, flush=True)
        server.serve_forever()
        """#

    /// `robots` is the text of `robots.txt`, a status, where it redirects to, or `hang`.
    init(robots: String = "404") throws {
        log = NSTemporaryDirectory() + "martlet-web-\(UUID().uuidString)"
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", "-c", Self.script, log, robots]
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        port = try #require(Int(line.trimmingCharacters(in: .whitespacesAndNewlines)))
    }

    // A child of a worker thread has its signals blocked, so that SIGTERM would not reach it.
    deinit {
        kill(process.processIdentifier, SIGKILL)
        unlink(log)
    }

    func address(_ path: String, host: String = "127.0.0.1") -> String { "http://\(host):\(port)/\(path)" }

    struct Request: Equatable {
        let path, host: String
        let fields: [String]
    }

    /// What was asked so far.
    var requests: [Request] {
        let lines = ((try? String(contentsOfFile: log, encoding: .utf8)) ?? "").split(separator: "\n")
        return lines.compactMap { line in
            guard let row = try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [Any], row.count == 3 else {
                return nil
            }
            return Request(
                path: row[0] as? String ?? "",
                host: row[1] as? String ?? "",
                fields: row[2] as? [String] ?? []
            )
        }
    }

    var paths: [String] { requests.map(\.path) }
}
