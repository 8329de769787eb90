// SPDX-License-Identifier: Apache-2.0
#if PostgreSQL

/// What a PostgreSQL server, or the way to it, said.
struct PostgreSQLError: Error {
    /// The SQLSTATE; `08006` where the connection was lost.
    let state: String
    let message: String

    /// Whether the server is out of reach, for now or for good, so that a new connection may do better.
    var isOfConnection: Bool {
        // 57P01 to 57P03: the server is shut down, has crashed, or is starting.
        state.hasPrefix("08") || ["57P01", "57P02", "57P03"].contains(state)
    }

    /// The error in our words.
    func translated(place: String) -> KnowledgeError {
        func failure(_ code: KnowledgeError.Code, _ message: String) -> KnowledgeError {
            KnowledgeError(code, message, subject: place, underlying: self)
        }
        if isOfConnection {
            return failure(
                .unreachable,
                "the database of `\(place)` is out of reach (\(message)); what was not acknowledged is not "
                    + "written: see that the server runs and try again"
            )
        }
        let (code, what): (KnowledgeError.Code, String) =
            switch state {
            case "53100", "53200": (.noSpace, "has no room (\(message)); nothing was written: make room")
            case "53300": (.unreachable, "has no connection left (\(message)); try again later")
            case "40001", "40P01", "55P03", "57014": (.busy, "is in use (\(message)); try again")
            case "42501", "25006", "28000", "28P01", "3D000", "3F000":
                (.notWritable, "refuses: \(message); check user, password and rights")
            case "54000", "22021": (.badDocument, "cannot hold this: \(message)")
            default: (.damaged, "answers with \(message) (\(state)); run `martlet kb verify`")
            }
        return failure(code, "the database of `\(place)` \(what)")
    }
}

#endif
