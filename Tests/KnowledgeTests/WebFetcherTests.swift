// SPDX-License-Identifier: Apache-2.0
import Foundation
import Knowledge
import Testing
import Transfers

@Suite struct WebFetcherTests {
    /// Lets 127.0.0.1 pass for a public address, and no other of this machine.
    private func fetcher(seconds: Double = 5, bytes: Int = 1 << 20) -> WebFetcher {
        var limits = WebFetcher.Limits()
        limits.bytes = bytes
        limits.patience = HTTPTransfer.Patience(answer: 3, silence: 1, whole: seconds)
        return WebFetcher(limits: limits) { $0 == IPAddress("127.0.0.1") }
    }

    private func refusal(_ server: WebServer, _ path: String, _ fetcher: WebFetcher? = nil) async -> KnowledgeError? {
        await #expect(throws: KnowledgeError.self) {
            try await (fetcher ?? self.fetcher()).page(server.address(path))
        }
    }

    @Test func fetchesAPageAndSaysNothingOfItself() async throws {
        let server = try WebServer()
        let page = try await fetcher().page(server.address("hops/3"))
        #expect(page.address.text == server.address("gb"))
        #expect(page.contentType == ContentType("text/html; charset=gb18030"))
        #expect(page.fileName == "gb.html")
        // 70 ASCII characters and 12 Chinese ones of two bytes.
        #expect(page.bytes.count == 70 + 2 * 12)
        let expected = ["/robots.txt", "/hops/3", "/hops/2", "/hops/1", "/hops/0", "/gb"]
        #expect(server.paths == expected)
        // Neither cookies nor credentials nor a referrer, though the server set a cookie on each hop.
        for request in server.requests {
            #expect(request.fields == ["accept", "accept-encoding", "host", "user-agent"])
        }
    }

    @Test func decompresses() async throws {
        let server = try WebServer()
        let page = try await fetcher().page(server.address("zipped"))
        #expect(String(decoding: page.bytes, as: UTF8.self).contains("电池可用十小时"))
    }

    @Test(arguments: [
        ("notes.md", "notes.md"), ("a.b/plain", "plain.txt"), ("x?y=a.html", "x.txt"), ("zipped", "zipped.html"),
        ("", "page.txt"), ("a/b%2F..PNG", "b_2F.png"), ("..", "page.txt"),
    ])
    func namesTheFile(_ path: String, _ name: String) async throws {
        let server = try WebServer()
        #expect(try await fetcher().page(server.address(path)).fileName == name)
    }

    @Test(arguments: ["127.0.0.2", "127.1.2.3", "0.0.0.0", "10.0.0.1", "169.254.169.254", "[::1]", "2130706434"])
    func refusesRedirectsToPrivateAddresses(_ host: String) async throws {
        let server = try WebServer()
        let error = await refusal(server, "to/http://\(host):\(server.port)/secret")
        #expect(error?.code == .badDocument)
        #expect(error?.message.contains("not public") == true)
        #expect(!server.paths.contains("/secret"))
    }

    @Test(arguments: ["file:///etc/passwd", "gopher://127.0.0.1/", "http://user@127.0.0.1/", "http://[::1/"])
    func refusesRedirectsToWhatIsNoPage(_ place: String) async throws {
        let server = try WebServer()
        #expect(await refusal(server, "to/" + place)?.code == .badDocument)
        #expect(server.paths.count == 2)
    }

    /// A name that leads to a public address when it is checked and to a private one when it is connected to.
    @Test func refusesANameThatLeadsElsewhereByThen() async throws {
        let server = try WebServer()
        let resolver = HostResolver { _ in [IPAddress("8.8.8.8")].compactMap { $0 } }
        let fetcher = WebFetcher(limits: .init(), resolver: resolver)
        let error = await #expect(throws: KnowledgeError.self) {
            try await fetcher.page(server.address("secret", host: "localhost"))
        }
        #expect(error?.message.contains("not public") == true)
        #expect(server.requests.isEmpty)
    }

    @Test func refusesTheAddressThatIsConnectedTo() async throws {
        let server = try WebServer()
        let receiver = Counter()
        var options = HTTPTransfer.Options()
        options.permits = { IPAddress(socketAddress: $0)?.isPublic ?? false }
        let transfer = HTTPTransfer(receiver, patience: .init(answer: 5, silence: 5), options: options)
        let ending = await transfer.perform(server.address("secret", host: "localhost"), fields: [])
        guard case .broken(let message) = ending else {
            Issue.record("ended with \(ending)")
            return
        }
        #expect(message.contains("not public"))
        #expect(server.requests.isEmpty)
    }

    @Test(arguments: [
        ("endless", "more than 1 MiB"), ("long", "more than 1 MiB"), ("bomb", "more than 1 MiB"),
        ("slow", "not done after 4 seconds"), ("stall", "no byte for 1 seconds"), ("mute", "no answer within 3"),
        ("heads", "headers without end"), ("loop", "more than 5 redirects"), ("hops/6", "more than 5 redirects"),
        ("to/", "a redirect to nowhere"), ("404", "no such page (HTTP status 404)"), ("403", "not for everybody"),
        ("503", "HTTP status 503"), ("204", "HTTP status 204"), ("429", "HTTP status 429"),
    ]) func endsWithAReason(_ path: String, _ reason: String) async throws {
        let begin = ContinuousClock.now
        let server = try WebServer()
        let error = await refusal(server, path, fetcher(seconds: 4))
        #expect(error?.message.contains(reason) == true, "\(error?.message ?? "")")
        #expect(begin.duration(to: .now) < .seconds(600))
    }

    @Test func endsWithItsTask() async throws {
        let server = try WebServer()
        let address = server.address("mute")
        let task = Task { try await WebFetcher(limits: .init()) { _ in true }.page(address) }
        while !server.paths.contains("/mute") { try await Task.sleep(for: .milliseconds(20)) }
        let begin = ContinuousClock.now
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(begin.duration(to: .now) < .seconds(600))
    }

    @Test(arguments: [
        ("User-agent: *\nDisallow: /gb", false), ("User-agent: martlet\nAllow: /gb$\nDisallow: /", true), ("404", true),
        ("403", true), ("500", false), ("503", false), ("hang", false), ("/elsewhere.txt", true),
        ("/robots.txt", false),
    ]) func obeysRobots(_ robots: String, _ allowed: Bool) async throws {
        let server = try WebServer(robots: robots)
        if allowed {
            let fetcher = fetcher()
            for _ in 0..<3 { _ = try await fetcher.page(server.address("gb")) }
            #expect(server.paths.filter { $0 == "/robots.txt" }.count == 1)
            #expect(server.paths.filter { $0 == "/gb" }.count == 3)
        } else {
            let error = await refusal(server, "gb")
            #expect(error?.message.contains("robots.txt") == true)
            #expect(!server.paths.contains("/gb"))
        }
    }

    /// A page that is allowed may not lead to one that is not.
    @Test func obeysRobotsOnEachHop() async throws {
        let server = try WebServer(robots: "User-agent: *\nDisallow: /gb")
        #expect(await refusal(server, "hops/1")?.message.contains("robots.txt") == true)
        #expect(server.paths == ["/robots.txt", "/hops/1", "/hops/0"])
    }
}

private final class Counter: TransferReceiver {
    func begin(_ head: HTTPHead) -> Bool { true }
    func receive(_ bytes: UnsafeRawBufferPointer) -> Bool { true }
}
