// SPDX-License-Identifier: Apache-2.0
// A graph of nearest neighbours over rows of bytes (hnswlib): Y. Malkov, D. Yashunin, "Efficient and robust approximate
// nearest neighbor search using Hierarchical Navigable Small World graphs", 2018.
#ifndef CNEAREST_H
#define CNEAREST_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// What went wrong, in words.
typedef struct { char text[200]; } cn_error;

typedef struct cn_graph cn_graph;

/// The inner product of two rows' bytes.
typedef int32_t (*cn_dot)(const int8_t *a, const int8_t *b, int64_t dimension);

/// An empty graph for `capacity` rows, each its factor as a float and then `dimension` bytes; NULL with an error if there is no memory.
cn_graph *cn_create(int64_t dimension, cn_dot dot, int64_t capacity, int64_t links, int64_t breadth, cn_error *error);
/// The graph that cn_save wrote, with room for `spare` more rows. The caller has checked the file's bytes.
cn_graph *cn_load(const char *path, int64_t dimension, cn_dot dot, int64_t spare, cn_error *error);
void cn_free(cn_graph *graph);

/// Adds a row under a number of its own; any number of threads may add at once. 0, or -1 with an error.
int cn_add(cn_graph *graph, const void *row, uint64_t number, cn_error *error);
int cn_save(cn_graph *graph, const char *path, cn_error *error);

/// Finds up to `limit` rows with large products, keeping the best `breadth` in view (never fewer than `limit`); returns
/// how many, the nearest last, or -1 with an error. Any number of threads may search at once.
int64_t cn_search(const cn_graph *graph, const void *row, int64_t limit, int64_t breadth, uint64_t *numbers, float *products, cn_error *error);

#ifdef __cplusplus
}
#endif
#endif
