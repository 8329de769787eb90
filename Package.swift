// swift-tools-version: 6.1
// SPDX-License-Identifier: Apache-2.0
import PackageDescription

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

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
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.6.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    ],
    targets: [
        .target(name: "CKernels", cSettings: [.define("NDEBUG")]),
        .systemLibrary(
            name: "CLibXML2",
            pkgConfig: "libxml-2.0",
            providers: [.apt(["libxml2-dev"]), .brew(["libxml2"])]
        ),
        .systemLibrary(
            name: "CEditline",
            pkgConfig: "libedit",
            providers: [.apt(["libedit-dev"]), .brew(["libedit"])]
        ),
        .systemLibrary(
            name: "CCurl",
            pkgConfig: "libcurl",
            providers: [.apt(["libcurl4-openssl-dev"]), .brew(["curl"])]
        ),
        room("Tensors", ["CKernels"]),
        room("Tokenization", []),
        room("Checkpoints", ["CCurl", "CKernels", "Tensors", "Tokenization"]),
        room("Transformers", ["Checkpoints", "Tensors", "Tokenization", "CKernels"]),
        room("TextGeneration", ["Transformers", "Tensors"]),
        room("LanguageModels", ["TextGeneration", "Transformers", "Checkpoints", "Tokenization"]),
        room("Knowledge", ["CKernels", "CLibXML2", .product(name: "GRDB", package: "GRDB.swift")]),
        room("Agents", ["LanguageModels", "Knowledge"], resources: [.embedInCode("Prompts")]),
        .executableTarget(
            name: "MartletCommand",
            dependencies: [
                "Agents", "Knowledge", "LanguageModels", "TextGeneration", "Transformers", "Checkpoints",
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
        tests(of: "Knowledge", [.product(name: "GRDB", package: "GRDB.swift")]),
        tests(of: "Agents", ["LanguageModels", "Knowledge", "Tokenization"], resources: [.copy("Fixtures")]),
        tests(of: "MartletCommand"),
    ],
    swiftLanguageModes: [.v6]
)
