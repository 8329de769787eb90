// swift-tools-version: 6.1
// SPDX-License-Identifier: Apache-2.0
import PackageDescription

/// Whether libFuzzer is to see what its inputs reach; `Scripts/fuzz` sets it, in a build of its own.
let fuzzes = Context.environment["MARTLET_FUZZ"] != nil
let sanitizers = "-sanitize=fuzzer,address"

let settings: [SwiftSetting] =
    [
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InternalImportsByDefault"),
    ] + (fuzzes ? [.define("LIBFUZZER"), .unsafeFlags([sanitizers])] : [])

/// One room of the house: a target imports only targets above it in this list.
func room(_ name: String, _ dependencies: [Target.Dependency], resources: [Resource]? = nil) -> Target {
    .target(name: name, dependencies: dependencies, resources: resources, swiftSettings: settings)
}

func tests(of name: String, _ dependencies: [Target.Dependency] = [], resources: [Resource]? = nil) -> Target {
    .testTarget(
        name: name + "Tests",
        dependencies: [.byName(name: name)] + dependencies,
        resources: resources,
        swiftSettings: settings
    )
}

let package = Package(
    name: "martlet",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "martlet", targets: ["MartletCommand"]),
        .library(name: "Martlet", targets: ["LanguageModels", "Knowledge", "Agents"]),
    ],
    traits: [
        .trait(name: "PostgreSQL", description: "Knowledge bases in PostgreSQL databases; needs libpq.")
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.6.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    ],
    targets: [
        .target(
            name: "CKernels",
            cSettings: [.define("NDEBUG")] + (fuzzes ? [.unsafeFlags(["-fsanitize=fuzzer-no-link,address"])] : [])
        ),
        .target(name: "CNearest", cxxSettings: [.define("NDEBUG")]),
        .systemLibrary(
            name: "CLibXML2",
            pkgConfig: "libxml-2.0",
            providers: [.apt(["libxml2-dev"]), .brew(["libxml2"])]
        ),
        .systemLibrary(
            name: "CArchive",
            pkgConfig: "libarchive",
            providers: [.apt(["libarchive-dev"]), .brew(["libarchive"])]
        ),
        .systemLibrary(
            name: "CEditline",
            pkgConfig: "libedit",
            providers: [.apt(["libedit-dev"]), .brew(["libedit"])]
        ),
        .systemLibrary(name: "CStemmer", providers: [.apt(["libstemmer-dev"]), .brew(["snowball"])]),
        .systemLibrary(
            name: "CCurl",
            pkgConfig: "libcurl",
            providers: [.apt(["libcurl4-openssl-dev"]), .brew(["curl"])]
        ),
        .systemLibrary(
            name: "COpenSSL",
            pkgConfig: "libcrypto",
            providers: [.apt(["libssl-dev"]), .brew(["openssl@3"])]
        ),
        .systemLibrary(
            name: "CPostgreSQL",
            pkgConfig: "libpq",
            providers: [.apt(["libpq-dev"]), .brew(["libpq"])]
        ),
        room("Transfers", ["CCurl"]),
        room("Tensors", ["CKernels"]),
        room("Tokenization", []),
        room("Checkpoints", ["Transfers", "CKernels", "Tensors", "Tokenization"]),
        room("Transformers", ["Checkpoints", "Tensors", "Tokenization", "CKernels"]),
        room("TextGeneration", ["Transformers", "Tensors"]),
        room("LanguageModels", ["TextGeneration", "Transformers", "Checkpoints", "Tokenization"]),
        room("Graphs", ["COpenSSL", "CLibXML2", "Tokenization"]),
        room(
            "Knowledge",
            [
                "CArchive", "CCurl", "CKernels", "CLibXML2", "CNearest", "CStemmer", "Graphs", "Transfers",
                .target(name: "CPostgreSQL", condition: .when(traits: ["PostgreSQL"])),
                .product(name: "GRDB", package: "GRDB.swift"),
            ]
        ),
        room("Agents", ["LanguageModels", "Knowledge"], resources: [.embedInCode("Prompts")]),
        .executableTarget(
            name: "MartletCommand",
            dependencies: [
                "Agents", "Graphs", "Knowledge", "LanguageModels", "TextGeneration", "Transformers", "Checkpoints",
                "Tokenization", "Tensors", "CKernels", "CEditline",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: settings
        ),
        tests(of: "Tensors", ["CKernels"]),
        tests(of: "Tokenization", resources: [.copy("Fixtures")]),
        tests(of: "Checkpoints"),
        tests(of: "Transformers", ["Checkpoints", "Tensors", "Tokenization"]),
        tests(of: "TextGeneration", ["Transformers", "Tensors"], resources: [.copy("Fixtures")]),
        tests(of: "LanguageModels", ["TextGeneration", "Checkpoints", "Tokenization"]),
        tests(of: "Graphs", ["Tokenization"]),
        tests(
            of: "Knowledge",
            ["CArchive", "Transfers", .product(name: "GRDB", package: "GRDB.swift")],
            resources: [.copy("Fixtures")]
        ),
        tests(of: "Agents", ["LanguageModels", "Knowledge", "Tokenization"], resources: [.copy("Fixtures")]),
        tests(of: "MartletCommand"),
        .target(
            name: "FuzzedReaders",
            dependencies: ["Checkpoints", "Graphs", "Knowledge", "Tensors", "Tokenization", "Transformers"],
            path: "Tests/FuzzedReaders",
            exclude: ["Corpus"],
            swiftSettings: settings
        ),
        tests(of: "FuzzedReaders"),
        .target(
            name: "CFaultyFiles",
            path: "Tests/CFaultyFiles",
            linkerSettings: [.linkedLibrary("sqlite3")]
        ),
        .executableTarget(
            name: "DurabilityRunner",
            dependencies: ["CFaultyFiles", "Graphs", "Knowledge", .product(name: "GRDB", package: "GRDB.swift")],
            path: "Tests/DurabilityRunner",
            swiftSettings: settings
        ),
        .executableTarget(
            name: "ScaleBench",
            dependencies: ["Agents", "Checkpoints", "Knowledge", "LanguageModels"],
            path: "Tests/ScaleBench",
            swiftSettings: settings
        ),
        .executableTarget(
            name: "W3CRunner",
            dependencies: ["Graphs", "Tokenization"],
            path: "Tests/W3CRunner",
            swiftSettings: settings
        ),
        .executableTarget(
            name: "Fuzzer",
            dependencies: ["FuzzedReaders"],
            path: "Tests/Fuzzer",
            swiftSettings: settings,
            linkerSettings: fuzzes ? [.unsafeFlags([sanitizers])] : []
        ),
    ],
    swiftLanguageModes: [.v6],
    cxxLanguageStandard: .cxx17
)
