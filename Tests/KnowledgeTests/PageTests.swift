// SPDX-License-Identifier: Apache-2.0
import Foundation
import Knowledge
import Testing

/// Pages of the web in a knowledge base.
@Suite(.serialized) struct PageTests {
    private let fetcher = WebFetcher(limits: .init()) { $0 == IPAddress("127.0.0.1") }

    @Test func addsPagesUnderTheirAddresses() async throws {
        let server = try WebServer(robots: "User-agent: *\nDisallow: /zipped")
        let folder = try TemporaryFolder()
        let file = try folder.write("docs/a.txt", "Another text about batteries.")
        let base = try await folder.open()
        let address = server.address("hops/2")
        let paths = [address, server.address("zipped"), folder.path + "/docs", server.address("404"), address]
        let report = try await base.add(paths, fetcher: fetcher)
        #expect(report.added == 2)
        #expect(report.skipped.map(\.path) == [server.address("zipped"), server.address("404")])
        #expect(report.skipped.map(\.code) == [.badDocument, .notFound])
        #expect(report.converted.map(\.encoding) == ["GB18030"])
        #expect(Set(try base.documents().map(\.document)) == [file, address])
        #expect(try base.document(named: address).title == "电池")
        #expect(try base.document(named: address).format == "html")
        let hits = try await base.search("电池可用十小时", top: 1, mode: .lexical)
        #expect(hits.first?.document == address)
        #expect(hits.first?.text.contains("电池可用十小时。") == true)

        let again = try await base.add([address], fetcher: fetcher)
        #expect(again.unchanged == 1)
        #expect(again.added == 0)
        #expect(try await base.remove([address]) == [address])
    }

    @Test func skipsWhatIsNotPublic() async throws {
        let server = try WebServer()
        let folder = try TemporaryFolder()
        let base = try await folder.open()
        let paths = [
            server.address("secret"), "ftp://example.com/x", "file:///etc/passwd", "http://[::1]:\(server.port)/",
        ]
        let report = try await base.add(paths)
        #expect(report.added == 0)
        #expect(report.skipped.map(\.path) == paths)
        #expect(server.requests.isEmpty)
    }

    @Test func leavesNothingBehind() async throws {
        let before = try pages()
        let server = try WebServer()
        let folder = try TemporaryFolder()
        let base = try await folder.open()
        _ = try await base.add([server.address("gb"), server.address("x")], fetcher: fetcher)
        #expect(try pages().subtracting(before).isEmpty)
    }

    private func pages() throws -> Set<String> {
        let names = try FileManager.default.contentsOfDirectory(atPath: NSTemporaryDirectory())
        return Set(names.filter { $0.hasPrefix("martlet-page-") })
    }
}
