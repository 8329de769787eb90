// SPDX-License-Identifier: Apache-2.0
import Knowledge
import Testing

@Suite struct WebAddressTests {
    /// Addresses that must not be fetched, whatever spelling they have. Names lead where the resolver of the test says.
    static let refused = [
        // Schemes
        "file:///etc/passwd", "ftp://example.com/", "gopher://example.com/", "dict://example.com:11211/stat",
        "ldap://example.com/", "jar:http://example.com!/", "data://text/html,x", "javascript://example.com/%0aalert(1)",
        "HTTP+UNIX://%2Fvar%2Frun%2Fdocker.sock/info", "view-source:http://example.com/", "//example.com/",
        "example.com",
        // Loopback
        "http://127.0.0.1/", "http://127.1/", "http://127.255.255.254/", "http://2130706433/", "http://0x7f000001/",
        "http://0x7f.0.0.1/", "http://0177.0.0.1/", "http://017700000001/", "http://0x7f.1/", "http://127.0.0.1./",
        "http://[::1]/", "http://[0:0:0:0:0:0:0:1]/", "http://[::ffff:127.0.0.1]/", "http://[::ffff:7f00:1]/",
        "http://[::127.0.0.1]/", "http://[64:ff9b::127.0.0.1]/", "http://[64:ff9b::7f00:1]/", "http://[2002:7f00:1::]/",
        "http://localhost/", "http://LOCALHOST./", "http://loop.test/", "http://mixed.test/",
        // Private, between carriers, link-local, this network
        "http://10.0.0.1/", "http://172.16.0.1/", "http://172.31.255.255/", "http://192.168.1.1/",
        "http://100.64.0.1/", "http://100.127.255.255/", "http://169.254.169.254/latest/meta-data/",
        "http://2852039166/", "http://0xA9FEA9FE/", "http://0251.0376.0251.0376/", "http://[::ffff:a9fe:a9fe]/",
        "http://0.0.0.0/", "http://0/", "http://0.1.2.3/", "http://[::]/", "http://[fe80::1]/",
        "http://[fe80::1%25eth0]/",
        "http://[fc00::1]/", "http://[fd00:ec2::254]/", "http://[fec0::1]/", "http://[64:ff9b:1::1]/",
        // Multicast, reserved, documentation, benchmarks, relays
        "http://224.0.0.1/", "http://239.255.255.255/", "http://240.0.0.1/", "http://255.255.255.255/",
        "http://192.0.0.1/", "http://192.0.2.1/", "http://198.51.100.7/", "http://203.0.113.9/", "http://198.18.0.1/",
        "http://192.88.99.1/", "http://[ff02::1]/", "http://[2001:db8::1]/", "http://[3fff::1]/", "http://[2001::1]/",
        "http://[2001:10::1]/", "http://[100::1]/", "http://[5f00::1]/", "http://[2002:c0a8:101::1]/",
        // Users, readers that differ, no hosts
        "http://example.com@127.0.0.1/", "http://user:secret@example.com/", "http://127.0.0.1:80@example.com/",
        "http://example.com#@127.0.0.1/ ", "http://example.com\\@127.0.0.1/", "http://exa mple.com/",
        "http:///etc/passwd",
        "http://", "http://:80/", "http://%31%32%37.0.0.1/", "http://127。0。0。1/", "http://①②⑦.0.0.1/",
        "http://example.com\r\nHost: localhost/", "http://example.com\0.test/", "http://1.2.3.4.5/",
        "http://256.256.256.256/", "http://0x100000000/", "http://999999999999/", "http://1.1.1.1.nip.5/",
        "http://example.com:0/", "http://example.com:99999/", "http://example.com:port/", "http://exa..mple.com/",
        "http://[::1/", "http://[1.2.3.4]/", "http://unknown.test/",
    ]

    private static let resolver = HostResolver { name in
        let known = [
            "localhost": ["127.0.0.1", "::1"], "loop.test": ["127.0.0.1"], "mixed.test": ["8.8.8.8", "10.0.0.1"],
            "example.com": ["93.184.216.34"],
        ]
        return (known[name] ?? []).compactMap { IPAddress($0) }
    }

    @Test func theTableIsLong() { #expect(Set(Self.refused).count >= 60) }

    @Test(arguments: refused) func refuses(_ address: String) async {
        // An address that passed would be asked for, and the test would have to wait for the network.
        let fetcher = WebFetcher(limits: .init(), resolver: Self.resolver)
        let error = await #expect(throws: KnowledgeError.self) { try await fetcher.page(address) }
        let reasons = ["this address is not fetched", "not public", "is not known"]
        #expect(reasons.contains { error?.message.contains($0) == true }, "\(error?.message ?? "")")
    }

    @Test(arguments: [
        ("HTTP://Example.COM", "http://example.com/", 80),
        ("https://example.com./a?b=c#d", "https://example.com/a?b=c", 443),
        ("http://example.com:80/", "http://example.com/", 80),
        ("https://example.com:8443/", "https://example.com:8443/", 8443),
        ("http://example.com/a/../b/./c", "http://example.com/b/c", 80), ("http://134744072/", "http://8.8.8.8/", 80),
        ("http://example.com/中文", "http://example.com/%e4%b8%ad%e6%96%87", 80),
        ("https://xn--fiqs8s.example/", "https://xn--fiqs8s.example/", 443),
        ("http://[2606:4700::1]/", "http://[2606:4700::1]/", 80),
        ("http://a_b.example.com/~x", "http://a_b.example.com/~x", 80),
    ]) func reads(_ text: String, _ expected: String, _ port: Int) throws {
        let address = try WebAddress(text)
        #expect(address.text == expected)
        #expect(address.port == port)
        #expect(try WebAddress(address.text) == address)
    }

    @Test(arguments: [
        ("/x", "https://example.com/x"), ("x?y", "https://example.com/a/x?y"), ("?q=1", "https://example.com/a/b?q=1"),
        ("//other.example/z", "https://other.example/z"), ("http://third.example", "http://third.example/"),
        ("../../..", "https://example.com/"),
    ]) func followsRelativeAddresses(_ location: String, _ expected: String) throws {
        #expect(try WebAddress(location, relativeTo: WebAddress("https://example.com/a/b?c")).text == expected)
    }

    @Test(arguments: [
        "8.8.8.8", "1.1.1.1", "93.184.216.34", "172.15.255.255", "172.32.0.1", "100.63.255.255", "100.128.0.1",
        "192.167.255.255", "169.253.1.1", "198.17.1.1", "198.20.0.1", "223.255.255.255", "2606:4700::1111",
        "2a00:1450:4001::200e", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1", "2001:4860:4860::8888",
        "240e::1", "2001:200::1",
    ]) func knowsPublicAddresses(_ text: String) throws {
        #expect(try #require(IPAddress(text)).isPublic)
    }

    @Test func tellsAddressesFromPaths() {
        for address in ["http://a/", "https://a", "ftp://a", "FILE:///etc/passwd", "x+y://"] {
            #expect(WebAddress.isMeant(by: address))
        }
        for path in ["docs", "./http:/x", "a b://c", "C:\\x", "/srv/http:", "notes: https://x", ""] {
            #expect(!WebAddress.isMeant(by: path), "\(path)")
        }
    }

    @Test(
        arguments: [
            ("text/html; charset=gb2312", "text/html", "gb2312"), ("TEXT/HTML;Charset=\"UTF-8\"", "text/html", "UTF-8"),
            ("text/plain ; format=flowed; charset = big5 ", "text/plain", "big5"),
            ("application/pdf", "application/pdf", nil),
            ("text/html; charset=", "text/html", nil), ("text/html; charset=\"", "text/html", nil),
        ] as [(String, String, String?)]
    ) func readsContentTypes(_ field: String, _ type: String, _ charset: String?) throws {
        let read = try #require(ContentType(field))
        #expect(read.type == type)
        #expect(read.charset == charset)
    }

    @Test(arguments: ["", "html", "/", "text/", "text/html/x", "te xt/html", ";charset=utf-8"])
    func refusesContentTypes(_ field: String) { #expect(ContentType(field) == nil) }
}
