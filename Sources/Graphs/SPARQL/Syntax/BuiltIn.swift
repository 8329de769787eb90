// SPDX-License-Identifier: Apache-2.0

/// The built-in functions: https://www.w3.org/TR/sparql11-query/#SparqlOps.
enum BuiltIn: String, Sendable, CaseIterable {
    case str = "STR"
    case lang = "LANG"
    case langMatches = "LANGMATCHES"
    case datatype = "DATATYPE"
    case iri = "IRI"
    case uri = "URI"
    case bnode = "BNODE"
    case rand = "RAND"
    case abs = "ABS"
    case ceil = "CEIL"
    case floor = "FLOOR"
    case round = "ROUND"
    case concat = "CONCAT"
    case strlen = "STRLEN"
    case ucase = "UCASE"
    case lcase = "LCASE"
    case encodeForURI = "ENCODE_FOR_URI"
    case contains = "CONTAINS"
    case strStarts = "STRSTARTS"
    case strEnds = "STRENDS"
    case strBefore = "STRBEFORE"
    case strAfter = "STRAFTER"
    case year = "YEAR"
    case month = "MONTH"
    case day = "DAY"
    case hours = "HOURS"
    case minutes = "MINUTES"
    case seconds = "SECONDS"
    case timezone = "TIMEZONE"
    case tz = "TZ"
    case now = "NOW"
    case uuid = "UUID"
    case strUUID = "STRUUID"
    case md5 = "MD5"
    case sha1 = "SHA1"
    case sha256 = "SHA256"
    case sha384 = "SHA384"
    case sha512 = "SHA512"
    case coalesce = "COALESCE"
    case `if` = "IF"
    case strLang = "STRLANG"
    case strDT = "STRDT"
    case sameTerm = "SAMETERM"
    case isIRI = "ISIRI"
    case isURI = "ISURI"
    case isBlank = "ISBLANK"
    case isLiteral = "ISLITERAL"
    case isNumeric = "ISNUMERIC"
    case regex = "REGEX"
    case substr = "SUBSTR"
    case replace = "REPLACE"

    /// How many arguments it takes.
    var arguments: ClosedRange<Int> {
        switch self {
        case .rand, .now, .uuid, .strUUID: 0...0
        case .bnode: 0...1
        case .langMatches, .contains, .strStarts, .strEnds, .strBefore, .strAfter, .strLang, .strDT, .sameTerm: 2...2
        case .if: 3...3
        case .regex, .substr: 2...3
        case .replace: 3...4
        case .concat, .coalesce: 0...Int.max
        default: 1...1
        }
    }
}
