// SPDX-License-Identifier: Apache-2.0
// What llama.cpp itself computes, for Scripts/make-weights-reference: run with a model and a text, it prints one JSON
// object with the text's perplexity in windows of 512, scored as llama.cpp's perplexity tool scores it, and for every
// prompt file that follows, the prompt's ids and the 64 greedy ids after it with the lead of each over the second.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "llama.h"

using Tokens = std::vector<llama_token>;

static std::string read(const char * path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) throw std::runtime_error(std::string("cannot read ") + path);
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
}

static Tokens tokenize(const llama_vocab * vocab, const std::string & text, bool special) {
    Tokens ids(text.size() + 8);
    const int n = llama_tokenize(vocab, text.data(), text.size(), ids.data(), ids.size(), true, special);
    if (n < 0) throw std::runtime_error("cannot tokenize");
    ids.resize(n);
    return ids;
}

// Feeds ids from position `past` on; logits are kept for those from `scored` on (an index into ids).
static void decode(llama_context * context, const Tokens & ids, int past, int scored) {
    llama_batch batch = llama_batch_init(ids.size(), 0, 1);
    batch.n_tokens = ids.size();
    for (int i = 0; i < batch.n_tokens; i++) {
        batch.token[i] = ids[i];
        batch.pos[i] = past + i;
        batch.n_seq_id[i] = 1;
        batch.seq_id[i][0] = 0;
        batch.logits[i] = i >= scored;
    }
    const int failed = llama_decode(context, batch);
    llama_batch_free(batch);
    if (failed) throw std::runtime_error("cannot decode");
}

static double negativeLogLikelihood(const float * logits, int count, llama_token id) {
    const float top = *std::max_element(logits, logits + count);
    double sum = 0;
    for (int i = 0; i < count; i++) sum += std::exp(double(logits[i]) - top);
    return std::log(sum) + top - logits[id];
}

static void print(const char * name, const Tokens & ids) {
    std::printf("\"%s\":[", name);
    for (size_t i = 0; i < ids.size(); i++) std::printf("%s%d", i ? "," : "", ids[i]);
    std::printf("]");
}

static void perplexity(llama_context * context, const llama_vocab * vocab, const Tokens & ids, int window) {
    const int first = window / 2, vocabularySize = llama_vocab_n_tokens(vocab);
    double sum = 0;
    int count = 0;
    for (size_t start = 0; start + window <= ids.size(); start += window) {
        Tokens part(ids.begin() + start, ids.begin() + start + window);
        if (llama_vocab_get_add_bos(vocab)) part[0] = llama_vocab_bos(vocab);
        llama_memory_clear(llama_get_memory(context), true);
        decode(context, part, 0, first);
        for (int i = first; i < window - 1; i++, count++)
            sum += negativeLogLikelihood(llama_get_logits_ith(context, i), vocabularySize, ids[start + i + 1]);
    }
    std::printf("\"text_tokens\":%zu,\"scored_tokens\":%d,\"nll\":%.9g,\"perplexity\":%.9g,\"adds_bos\":%s,\"chats\":[",
                ids.size(), count, sum / count, std::exp(sum / count),
                llama_vocab_get_add_bos(vocab) ? "true" : "false");
}

static void greedy(llama_context * context, const llama_vocab * vocab, const Tokens & prompt, int count) {
    const int vocabularySize = llama_vocab_n_tokens(vocab);
    Tokens generated, next = prompt;
    std::vector<float> leads;
    llama_memory_clear(llama_get_memory(context), true);
    for (int past = 0; (int) generated.size() < count;) {
        decode(context, next, past, next.size() - 1);
        past += next.size();
        const float * logits = llama_get_logits_ith(context, -1);
        const llama_token best = std::max_element(logits, logits + vocabularySize) - logits;
        float second = -INFINITY;
        for (int i = 0; i < vocabularySize; i++) if (i != best) second = std::max(second, logits[i]);
        leads.push_back(logits[best] - second);
        generated.push_back(best);
        next = {best};
    }
    std::printf("{");
    print("prompt_ids", prompt);
    std::printf(",");
    print("generated_ids", generated);
    std::printf(",\"leads\":[");
    for (size_t i = 0; i < leads.size(); i++) std::printf("%s%.4f", i ? "," : "", leads[i]);
    std::printf("]}");
}

int main(int argc, char ** argv) try {
    if (argc < 3) throw std::runtime_error("usage: make-weights-reference MODEL.gguf TEXT [PROMPT…]");
    llama_log_set([](ggml_log_level level, const char * text, void *) {
        if (level >= GGML_LOG_LEVEL_WARN) std::fputs(text, stderr);
    }, nullptr);
    llama_backend_init();
    llama_model_params how = llama_model_default_params();
    how.use_extra_bufts = false;  // version 0.3.36 dies with an illegal instruction where it takes its path for AMX
    llama_model * model = llama_model_load_from_file(argv[1], how);
    if (!model) throw std::runtime_error("cannot load the model");
    llama_context_params parameters = llama_context_default_params();
    parameters.n_ctx = parameters.n_batch = 512;
    parameters.n_threads = parameters.n_threads_batch = 2;
    llama_context * context = llama_init_from_model(model, parameters);
    if (!context) throw std::runtime_error("cannot make a context");
    const llama_vocab * vocab = llama_model_get_vocab(model);
    std::printf("{");
    perplexity(context, vocab, tokenize(vocab, read(argv[2]), false), 512);
    for (int i = 3; i < argc; i++) {
        if (i > 3) std::printf(",");
        greedy(context, vocab, tokenize(vocab, read(argv[i]), true), 64);
    }
    std::printf("]}\n");
    return 0;
} catch (const std::exception & error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return 1;
}
