// SPDX-License-Identifier: Apache-2.0
#ifndef CK_POSTINGS_H
#define CK_POSTINGS_H

#include <stddef.h>
#include <stdint.h>

// Lists of postings in blocks of up to 128, and the best of a segment's entries by BM25: block-max MaxScore over windows
// of entries. Scores are whole numbers of ticks, so that they do not depend on the order of addition.

enum { CK_POSTINGS_BLOCK = 128 };

/// A block of a list: entries ascend from `base` to `last`; entries lie at `offset` as differences less one in
/// `entry_width` bits each, and after them, from the next byte on, how often the term stands there, less one.
typedef struct {
    uint32_t base, last, offset;
    /// No posting of the block has more occurrences for its length; see `ck_postings_query`.
    float bound;
    uint8_t entry_width, times_width, count;
} ck_postings_block;

/// A term's list in a segment; 8 bytes behind its last block may be read.
typedef struct {
    const uint8_t *bytes;
    const ck_postings_block *blocks;
    uint32_t block_count;
    /// What an entry gets that holds nothing but the term, in ticks.
    double weight;
} ck_postings_list;

/// A posting gives weight * times / (times + flat + slope * length) ticks, rounded; that is at most
/// weight * bound / (bound + k1) for each posting of a block with `bound` (times `stretch`).
typedef struct {
    const uint32_t *lengths;
    const uint64_t *keys;
    uint32_t entries;
    double k1, flat, slope, stretch;
} ck_postings_query;

typedef struct {
    int64_t score;
    uint64_t key;
} ck_postings_hit;

/// Bytes that packing `count` values of `width` bits takes.
static inline size_t ck_packed_size(uint32_t count, uint32_t width) { return ((size_t)count * width + 7) / 8; }
/// Packs values of at most `width` (0 to 32) bits.
void ck_pack(const uint32_t *values, uint32_t count, uint32_t width, uint8_t *out);
/// Reads the postings of a block; -1 if they are not what the block says, else 0.
int ck_postings_decode(const uint8_t *bytes, const ck_postings_block *block, uint32_t *entries, uint32_t *times);

/// Bytes of scratch memory, aligned to 64, that a search for `count` terms needs.
size_t ck_postings_scratch(uint32_t count);
/// Keeps in `hits`, a heap of `*held` of at most `limit`, the best of the segment's entries and of those it has held:
/// higher scores first, then lower keys. Every block's `last` must be less than `entries`. -1 if a block is damaged.
int ck_postings_search(const ck_postings_query *query, const ck_postings_list *lists, uint32_t count, void *scratch,
                       ck_postings_hit *hits, uint32_t *held, uint32_t limit);

/// A hash that any changed byte changes.
uint64_t ck_hash64(uint64_t seed, const uint8_t *bytes, size_t count);

#endif
