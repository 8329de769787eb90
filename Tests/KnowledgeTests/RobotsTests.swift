// SPDX-License-Identifier: Apache-2.0
import Knowledge
import Testing

@Suite struct RobotsTests {
    private func allows(_ file: String, _ target: String, crawler: String = "Martlet") -> Bool {
        RobotsRules(Array(file.utf8), for: crawler).allow(target)
    }

    /// The example of RFC 9309, section 5.1.
    @Test(arguments: [
        ("foobot", "/", false), ("foobot", "/example/page.html", true), ("foobot", "/example/allowed.gif", true),
        ("barbot", "/", true), ("barbot", "/example/page.html", false), ("bazbot", "/example/page.html", false),
        ("quxbot", "/anything", true), ("other", "/a.gif", false), ("other", "/publications/", true),
        ("other", "/example/", false),
    ]) func followsTheSimpleExample(_ crawler: String, _ target: String, _ expected: Bool) {
        let file = """
            User-Agent: *
            Disallow: *.gif$
            Disallow: /example/
            Allow: /publications/

            User-Agent: foobot
            Disallow:/
            Allow:/example/page.html
            Allow:/example/allowed.gif

            User-Agent: barbot
            User-Agent: bazbot
            Disallow: /example/page.html

            User-Agent: quxbot

            """
        #expect(allows(file, target, crawler: crawler) == expected)
    }

    /// The example of section 5.2: the longest match decides.
    @Test func takesTheLongestMatch() {
        let file = "User-Agent: foobot\nAllow: /example/page/\nDisallow: /example/page/disallowed.gif"
        #expect(!allows(file, "/example/page/disallowed.gif", crawler: "foobot"))
        #expect(allows(file, "/example/page/", crawler: "foobot"))
    }

    /// Section 2.2.2: octets beyond ASCII are compared percent-encoded, encoded plain ones decoded.
    @Test(arguments: [
        ("/foo/bar?baz=quz", "/foo/bar?baz=quz", true),
        ("/foo/bar?baz=http://foo.bar", "/foo/bar?baz=http://foo.bar", true),
        ("/foo/bar/ツ", "/foo/bar/%E3%83%84", true), ("/foo/bar/%E3%83%84", "/foo/bar/%e3%83%84", true),
        ("/foo/bar/%62%61%7A", "/foo/bar/baz", true), ("/a%2Fb", "/a/b", false), ("/a%3Cd.html", "/a%3cd.html", true),
        ("/%7Ejoe/", "/~joe/", true),
    ]) func comparesOctets(_ pattern: String, _ target: String, _ matches: Bool) {
        #expect(allows("User-agent: *\nDisallow: \(pattern)", target) == !matches)
    }

    /// Section 2.2.3: special characters.
    @Test(arguments: [
        ("/fish", "/fish.html", true), ("/fish", "/Fish.asp", false), ("/fish*", "/fishheads/yummy.html", true),
        ("/fish/", "/fish", false), ("/*.php", "/folder/any.php.file.html", true),
        ("/*.php$", "/filename.php?x", false),
        ("/*.php$", "/folder/filename.php", true), ("/fish*.php", "/fishheads/catfish.php?id", true), ("/$", "/", true),
        ("/$", "/x", false), ("*", "/", true), ("/a**b", "/axxb", true), ("/a*b*c$", "/abcbc", true),
        ("/a*b*c$", "/abcb", false),
        ("/a$b", "/a$b", true), ("$", "/", false),
    ]) func matchesSpecialCharacters(_ pattern: String, _ target: String, _ matches: Bool) {
        #expect(allows("User-agent: *\nDisallow: \(pattern)", target) == !matches)
    }

    @Test(arguments: [
        // Several groups of one crawler are one; its name counts in any case; others' groups do not.
        (
            "User-agent: martlet\nDisallow: /a\n\nUser-agent: x\nDisallow: /\n\nUSER-AGENT: MARTLET\nDisallow: /b",
            "/a", false
        ),
        (
            "User-agent: martlet\nDisallow: /a\n\nUser-agent: x\nDisallow: /\n\nUSER-AGENT: MARTLET\nDisallow: /b",
            "/b", false
        ),
        ("User-agent: martlet\nDisallow: /a\n\nUser-agent: x\nDisallow: /", "/c", true),
        ("User-agent: martlets\nDisallow: /", "/", true), ("User-agent: martlet/1.0\nDisallow: /", "/", false),
        // A group of its own takes the place of the one for all.
        ("User-agent: *\nDisallow: /\nUser-agent: martlet\nAllow: /x", "/y", true),
        ("User-agent: *\nDisallow: /\nUser-agent: martlet\n", "/y", true),
        // Equal lengths: allowed. Other records are no end of a group. Comments, blanks, line ends, a mark.
        ("User-agent: *\nDisallow: /p\nAllow: /p", "/p", true), ("User-agent: *\nAllow: /p\nDisallow: /p", "/p", true),
        ("User-agent: *\nSitemap: https://x/\nCrawl-delay: 9\n\n\nDisallow: /a", "/a", false),
        ("\u{FEFF}user-agent : * # all\r\n dIsAllow\t:\t/a # not this\r\n", "/a", false),
        ("User-agent: *\rDisallow: /a\r", "/a", false), ("User-agent: *\nDisallow:", "/a", true),
        ("Disallow: /", "/a", true), ("", "/a", true), ("<html>404: not found</html>", "/a", true),
        ("User-agent: *\nDisallow: /", "/robots.txt", true),
    ]) func readsGroups(_ file: String, _ target: String, _ expected: Bool) {
        #expect(allows(file, target) == expected)
    }

    @Test func isBounded() {
        let stars = String(repeating: "*a", count: 5_000)
        let file = "User-agent: *\n" + (0..<40).map { "Disallow: /\(stars)\($0)$" }.joined(separator: "\n")
        let begin = ContinuousClock.now
        _ = allows(file, "/" + String(repeating: "a", count: 4_000))
        #expect(begin.duration(to: .now) < .seconds(60))
        let long = "User-agent: *\nAllow: /" + String(repeating: "x", count: 600_000) + "\nDisallow: /"
        #expect(allows(long, "/y"))
    }

    @Test func isOpenWithoutAFile() { #expect(RobotsRules.open.allow("/x")) }
}
