// SPDX-License-Identifier: Apache-2.0
import Foundation
import Synchronization
package import Transfers

/// A page as it was fetched.
package struct WebPage: Sendable {
    /// Where it was found in the end, after redirects.
    package let address: WebAddress
    package let contentType: ContentType?
    package let bytes: [UInt8]

    /// A name for the file that holds it: its own, with the ending that tells its kind.
    package var fileName: String {
        let path = address.target.prefix { $0 != "?" }
        let own = (path.split(separator: "/").last ?? "").prefix(100)
            .map { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == ".") ? $0 : "_" }
        let parts = String(own).split(separator: ".")
        let isNamed = parts.count > 1 && parts.last.map { $0.count <= 8 } == true
        let ending = contentType?.ending ?? (isNamed ? parts.last.map { $0.lowercased() } : nil) ?? "txt"
        let name = (isNamed ? parts.dropLast() : parts[...]).joined(separator: ".")
        return (name.isEmpty ? "page" : name) + "." + ending
    }
}

/// Fetches pages of the public web, as their hosts allow: no private address on any hop, `robots.txt` obeyed, within
/// limits of time and size, without cookies, credentials or a referrer.
package final class WebFetcher: Sendable {
    /// What a page may cost.
    package struct Limits: Sendable {
        /// Bytes after decompression.
        package var bytes = 32 << 20
        package var redirects = 5
        /// Seconds until an answer, for the next byte, for all of a request.
        package var patience = HTTPTransfer.Patience(answer: 15, silence: 15, whole: 120)

        package init() {}
    }

    /// The name by which `robots.txt` calls us.
    package static let crawler = "Martlet"

    private let limits: Limits
    private let resolver: HostResolver
    private let permits: @Sendable (IPAddress) -> Bool
    private let robots = Mutex<[String: Result<RobotsRules, KnowledgeError>]>([:])

    /// A fetcher of public pages.
    package convenience init() { self.init(limits: Limits()) }

    /// A fetcher for tests: another resolver, other addresses that may be connected to.
    package init(
        limits: Limits,
        resolver: HostResolver = .system,
        permits: @escaping @Sendable (IPAddress) -> Bool = { $0.isPublic }
    ) {
        (self.limits, self.resolver, self.permits) = (limits, resolver, permits)
    }

    /// Fetches the page at an address.
    ///
    /// Throws `KnowledgeError`: `badDocument` for an address or answer that is refused, `notFound` where there is no
    /// page, `unavailable` where the host does not answer.
    package func page(_ text: String) async throws -> WebPage {
        try await follow(try WebAddress(text), limit: limits.bytes) { address in
            switch try await self.rules(of: address) {
            case .success(let rules) where rules.allow(address.target): break
            case .success:
                throw KnowledgeError(
                    .badDocument,
                    "`robots.txt` of \(address.host) does not let \(Self.crawler) fetch this page",
                    subject: address.text
                )
            case .failure(let error):
                throw KnowledgeError(
                    .unavailable,
                    "`robots.txt` of \(address.host) cannot be had, without which nothing is fetched: \(error.message)",
                    subject: address.text,
                    underlying: error
                )
            }
        }
    }

    /// The rules of the address' host, fetched once; an error where they cannot be had, and nothing is allowed.
    private func rules(of address: WebAddress) async throws -> Result<RobotsRules, KnowledgeError> {
        if let known = robots.withLock({ $0[address.origin] }) { return known }
        let rules: Result<RobotsRules, KnowledgeError>
        do {
            let file = try await follow(try address.atRoot("/robots.txt"), limit: RobotsRules.sizeLimit, cuts: true)
            rules = .success(RobotsRules(file.bytes, for: Self.crawler))
        } catch let error as KnowledgeError {
            rules = error.code == .notFound ? .success(.open) : .failure(error)
        }
        try Task.checkCancellation()
        robots.withLock { $0[address.origin] = rules }
        return rules
    }

    /// Fetches an address or what it redirects to; each is checked before it is asked for.
    private func follow(
        _ first: WebAddress,
        limit: Int,
        cuts: Bool = false,
        check: (WebAddress) async throws -> Void = { _ in }
    ) async throws -> WebPage {
        var address = first
        for _ in 0...limits.redirects {
            try await checkHost(of: address)
            try await check(address)
            let answer = try await fetch(address, limit: limit, cuts: cuts)
            guard let location = answer.location else {
                let type = answer.contentType.flatMap { ContentType($0) }
                return WebPage(address: address, contentType: type, bytes: answer.bytes)
            }
            address = try WebAddress(location, relativeTo: address)
        }
        throw KnowledgeError(.badDocument, "more than \(limits.redirects) redirects", subject: first.text)
    }

    /// All addresses of a host must be public: a name that has one of each kind is a trap. The transfer asks again about
    /// the one that it connects to, for a name may lead elsewhere by then.
    private func checkHost(of address: WebAddress) async throws {
        let literal = IPAddress(address.host)
        let found = if let literal { [literal] } else { await resolver.addresses(address.host) }
        guard !found.isEmpty else {
            throw KnowledgeError(.unavailable, "the host \(address.host) is not known", subject: address.text)
        }
        guard found.allSatisfy(permits) else {
            throw KnowledgeError(
                .badDocument,
                "\(address.host) leads to an address that is not public; only pages of the public web are fetched",
                subject: address.text
            )
        }
    }

    private func fetch(_ address: WebAddress, limit: Int, cuts: Bool) async throws -> PageReceiver.Answer {
        var options = HTTPTransfer.Options()
        options.decompresses = true
        options.permits = { [permits] bytes in IPAddress(socketAddress: bytes).map(permits) ?? false }
        let receiver = PageReceiver(limit: limit, cuts: cuts, address: address.text)
        let transfer = HTTPTransfer(receiver, patience: limits.patience, options: options)
        let fields = ["User-Agent: \(Self.crawler)/1.0", "Accept: */*"]
        let ending = await transfer.perform(address.text, fields: fields)
        try Task.checkCancellation()
        return try receiver.answer(ending)
    }
}
