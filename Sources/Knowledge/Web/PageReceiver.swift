// SPDX-License-Identifier: Apache-2.0
import Transfers

/// Takes one answer into memory, up to a limit.
///
/// Safe: made by one task, then used by the transfer's thread alone, then read when that has ended.
final class PageReceiver: TransferReceiver, @unchecked Sendable {
    /// What a server answered.
    struct Answer {
        /// Where the page is instead.
        var location: String?
        var contentType: String?
        var bytes: [UInt8]
    }

    private let limit: Int
    private let cuts: Bool
    private let address: String
    private var head = HTTPHead()
    private var bytes: [UInt8] = []
    private var isTooLong = false

    /// What is longer than the limit is refused, or cut where `cuts`.
    init(limit: Int, cuts: Bool, address: String) {
        (self.limit, self.cuts, self.address) = (limit, cuts, address)
    }

    func begin(_ head: HTTPHead) -> Bool {
        self.head = head
        guard head.status == 200 else { return false }
        let told = head.fields["content-length"].flatMap { Int($0) } ?? 0
        isTooLong = told > limit && !cuts
        return !isTooLong
    }

    func receive(_ part: UnsafeRawBufferPointer) -> Bool {
        let room = limit - bytes.count
        bytes += part.prefix(room)
        isTooLong = part.count > room
        return !isTooLong
    }

    /// The answer, or why there is none.
    func answer(_ ending: HTTPTransfer.Ending) throws(KnowledgeError) -> Answer {
        if case .broken(let message) = ending {
            throw KnowledgeError(.unavailable, "it cannot be fetched: \(printable(message))", subject: address)
        }
        switch head.status {
        case 200: break
        case 301, 302, 303, 307, 308:
            guard let location = head.fields["location"], !location.isEmpty else {
                throw KnowledgeError(.badDocument, "a redirect to nowhere", subject: address)
            }
            return Answer(location: location, contentType: nil, bytes: [])
        case 400..<500 where head.status != 429:
            let why = [401, 402, 403].contains(head.status) ? "it is not for everybody" : "there is no such page"
            throw KnowledgeError(.notFound, "\(why) (HTTP status \(head.status))", subject: address)
        default:
            throw KnowledgeError(.unavailable, "the host answers with HTTP status \(head.status)", subject: address)
        }
        if isTooLong, !cuts {
            throw KnowledgeError(.badDocument, "more than \(limit >> 20) MiB, or without end", subject: address)
        }
        return Answer(location: nil, contentType: head.fields["content-type"], bytes: bytes)
    }

    /// What a server or library says, on one line.
    private func printable(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.prefix(200).map { $0.value < 32 ? " " : $0 }))
    }
}
