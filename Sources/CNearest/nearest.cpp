// SPDX-License-Identifier: Apache-2.0
#include "include/CNearest.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <exception>
#include <memory>
#include <string>

#include <hnswlib/hnswlib.h>

#include <sys/mman.h>

namespace {

/// Rows of bytes with a factor each; the larger their product, the nearer they are.
class Bytes : public hnswlib::SpaceInterface<float> {
    int64_t dimension;
    cn_dot dot;

    static float distance(const void *a, const void *b, const void *space) {
        const auto *self = static_cast<const Bytes *>(space);
        float one, other;
        std::memcpy(&one, a, sizeof one);
        std::memcpy(&other, b, sizeof other);
        const auto *x = static_cast<const int8_t *>(a) + sizeof(float), *y = static_cast<const int8_t *>(b) + sizeof(float);
        return 1 - static_cast<float>(self->dot(x, y, self->dimension)) * (one * other);
    }

public:
    Bytes(int64_t dimension, cn_dot dot) : dimension(dimension), dot(dot) {}
    size_t get_data_size() override { return static_cast<size_t>(dimension) + sizeof(float); }
    hnswlib::DISTFUNC<float> get_dist_func() override { return distance; }
    void *get_dist_func_param() override { return this; }
};

using Graph = hnswlib::HierarchicalNSW<float>;

void say(cn_error *error, const char *what) {
    if (error) std::snprintf(error->text, sizeof error->text, "%s", what);
}

/// Calls `body`; what it throws becomes an error and `failed`.
template <typename Body, typename Value>
Value guarded(cn_error *error, Value failed, Body body) {
    try {
        return body();
    } catch (const std::exception &thrown) {
        say(error, thrown.what());
    } catch (...) {
        say(error, "an unknown error");
    }
    return failed;
}

}  // namespace

struct cn_graph {
    Bytes space;
    std::unique_ptr<Graph> graph;

    cn_graph(int64_t dimension, cn_dot dot) : space(dimension, dot) {}

    /// Neighbours lie far apart: large pages save most of the address translations.
    void settle() {
#if defined(__linux__)
        const auto page = static_cast<uintptr_t>(4096), start = (reinterpret_cast<uintptr_t>(graph->data_level0_memory_) + page - 1) / page * page;
        const auto stop = reinterpret_cast<uintptr_t>(graph->data_level0_memory_) + graph->max_elements_ * graph->size_data_per_element_;
        if (stop > start) madvise(reinterpret_cast<void *>(start), stop - start, MADV_HUGEPAGE);
#endif
    }
};

cn_graph *cn_create(int64_t dimension, cn_dot dot, int64_t capacity, int64_t links, int64_t breadth, cn_error *error) {
    return guarded(error, static_cast<cn_graph *>(nullptr), [&] {
        auto made = std::make_unique<cn_graph>(dimension, dot);
        made->graph = std::make_unique<Graph>(&made->space, static_cast<size_t>(std::max<int64_t>(1, capacity)), static_cast<size_t>(links), static_cast<size_t>(breadth));
        made->settle();
        return made.release();
    });
}

cn_graph *cn_load(const char *path, int64_t dimension, cn_dot dot, int64_t spare, cn_error *error) {
    return guarded(error, static_cast<cn_graph *>(nullptr), [&] {
        auto made = std::make_unique<cn_graph>(dimension, dot);
        made->graph = std::make_unique<Graph>(&made->space, std::string(path));
        if (spare > 0) made->graph->resizeIndex(made->graph->cur_element_count + static_cast<size_t>(spare));
        return made.release();
    });
}

void cn_free(cn_graph *graph) { delete graph; }

int cn_add(cn_graph *graph, const void *row, uint64_t number, cn_error *error) {
    return guarded(error, -1, [&] {
        graph->graph->addPoint(row, static_cast<hnswlib::labeltype>(number));
        return 0;
    });
}

int cn_save(cn_graph *graph, const char *path, cn_error *error) {
    return guarded(error, -1, [&] {
        graph->graph->saveIndex(path);
        return 0;
    });
}

int64_t cn_search(const cn_graph *graph, const void *row, int64_t limit, int64_t breadth, uint64_t *numbers, float *products, cn_error *error) {
    return guarded(error, static_cast<int64_t>(-1), [&] {
        auto found = graph->graph->searchKnn(row, static_cast<size_t>(std::max(limit, breadth)));
        while (found.size() > static_cast<size_t>(limit)) found.pop();
        int64_t count = 0;
        for (; !found.empty(); found.pop(), count++) {
            numbers[count] = found.top().second;
            products[count] = 1 - found.top().first;
        }
        return count;
    });
}
