// SPDX-License-Identifier: Apache-2.0
// Compressed postings and their search. H. Turtle, J. Flood, "Query evaluation: strategies and optimizations", 1995
// (MaxScore); S. Ding, T. Suel, "Faster top-k document retrieval using block-max indexes", SIGIR 2011.
#include "include/postings.h"
#include <string.h>

#pragma clang fp contract(off)

enum { WINDOW = 4096, BLOCK = CK_POSTINGS_BLOCK };

static inline uint64_t load64(const uint8_t *bytes) {
    uint64_t word = 0;
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    memcpy(&word, bytes, 8);
#else
    for (int index = 7; index >= 0; index--) word = word << 8 | bytes[index];
#endif
    return word;
}

void ck_pack(const uint32_t *values, uint32_t count, uint32_t width, uint8_t *out) {
    uint64_t pending = 0;
    uint32_t bits = 0;
    for (uint32_t index = 0; index < count; index++) {
        pending |= (uint64_t)values[index] << bits;
        for (bits += width; bits >= 8; bits -= 8, pending >>= 8) *out++ = (uint8_t)pending;
    }
    if (bits) *out = (uint8_t)pending;
}

static inline uint32_t packed(const uint8_t *bytes, uint32_t width, uint32_t index) {
    uint32_t bit = index * width;
    return (uint32_t)((load64(bytes + bit / 8) >> bit % 8) & ((1ull << width) - 1));
}

static inline const uint8_t *times_of(const uint8_t *bytes, const ck_postings_block *block) {
    return bytes + block->offset + ck_packed_size(block->count, block->entry_width);
}

static int decode_entries(const uint8_t *bytes, const ck_postings_block *block, uint32_t *entries) {
    uint64_t next = block->base;
    for (uint32_t index = 0; index < block->count; index++) {
        next += packed(bytes + block->offset, block->entry_width, index);
        entries[index] = (uint32_t)next++;
    }
    // They ascend in 64 bits, so where the last one fits all of them do.
    return next == (uint64_t)block->last + 1 ? 0 : -1;
}

int ck_postings_decode(const uint8_t *bytes, const ck_postings_block *block, uint32_t *entries, uint32_t *times) {
    const uint8_t *packed_times = times_of(bytes, block);
    for (uint32_t index = 0; index < block->count; index++) times[index] = packed(packed_times, block->times_width, index) + 1;
    return decode_entries(bytes, block, entries);
}

/// A double's nearest whole number, for less than 2^51, as plain arithmetic that vectorizes.
static inline int64_t rounded(double value) {
    const double magic = 6755399441055744.0;  // 1.5 * 2^52
    double sum = value + magic;
    int64_t bits, zero;
    memcpy(&bits, &sum, 8);
    memcpy(&zero, &magic, 8);
    return bits - zero;
}

static inline int64_t contribution(const ck_postings_query *query, double weight, uint32_t times, uint32_t length) {
    double often = (double)(times + 1);
    return rounded(weight * often / (often + (query->flat + query->slope * (double)length)));
}

/// Where the search stands in a list.
typedef struct {
    ck_postings_list list;
    uint32_t block;    // the first block that may hold an entry of the window or after it
    uint32_t decoded;  // the block whose entries are below, or UINT32_MAX
    uint32_t scored;   // the block whose scores are below, or UINT32_MAX
    uint32_t place;    // the first of the decoded entries that is not before the window
    int64_t bound;     // of the window
    uint32_t entries[BLOCK];
    int64_t scores[BLOCK];
} cursor;

typedef struct {
    int64_t sums[WINDOW];
    uint32_t candidates[WINDOW];
    int64_t below[1];  // count + 1 sums of bounds, then the order of the cursors, then these
} workspace;

static size_t aligned(size_t size) { return (size + 63) / 64 * 64; }

size_t ck_postings_scratch(uint32_t count) {
    return aligned(sizeof(workspace) + (size_t)count * (sizeof(int64_t) + sizeof(uint32_t))) + (size_t)count * sizeof(cursor);
}

static int fetch(cursor *c) {
    if (c->decoded == c->block) return 0;
    c->decoded = c->block;
    c->scored = UINT32_MAX;
    c->place = 0;
    return decode_entries(c->list.bytes, &c->list.blocks[c->block], c->entries);
}

static void score(const ck_postings_query *query, cursor *c) {
    if (c->scored == c->block) return;
    c->scored = c->block;
    const ck_postings_block *block = &c->list.blocks[c->block];
    const uint8_t *bytes = times_of(c->list.bytes, block);
    uint32_t times[BLOCK], lengths[BLOCK];
    for (uint32_t index = 0; index < block->count; index++) {
        times[index] = packed(bytes, block->times_width, index);
        lengths[index] = query->lengths[c->entries[index]];
    }
    for (uint32_t index = 0; index < block->count; index++)
        c->scores[index] = contribution(query, c->list.weight, times[index], lengths[index]);
}

/// Adds what a list gives to the sums of the window's entries.
static int add_all(const ck_postings_query *query, cursor *c, int64_t *sums, uint32_t start, uint64_t end) {
    while (c->block < c->list.block_count && c->list.blocks[c->block].base < end) {
        const ck_postings_block *block = &c->list.blocks[c->block];
        if (fetch(c)) return -1;
        score(query, c);
        uint32_t place = c->place;
        while (place < block->count && c->entries[place] < start) place++;
        for (; place < block->count && c->entries[place] < end; place++) sums[c->entries[place] - start] += c->scores[place];
        c->place = place;
        if (place < block->count) return 0;
        c->block++;
    }
    return 0;
}

/// Adds what a list gives to the candidates, and drops those that cannot reach the threshold with what is left.
static int add_some(const ck_postings_query *query, cursor *c, workspace *w, uint32_t start, uint32_t *count,
                    int64_t left, int64_t threshold) {
    uint32_t kept = 0;
    for (uint32_t index = 0; index < *count; index++) {
        uint32_t offset = w->candidates[index], entry = start + offset;
        while (c->block < c->list.block_count && c->list.blocks[c->block].last < entry) c->block++;
        if (c->block < c->list.block_count && c->list.blocks[c->block].base <= entry) {
            const ck_postings_block *block = &c->list.blocks[c->block];
            if (fetch(c)) return -1;
            uint32_t low = c->place, high = block->count;
            while (low < high) {
                uint32_t middle = (low + high) / 2;
                if (c->entries[middle] < entry) low = middle + 1;
                else high = middle;
            }
            c->place = low;
            if (low < block->count && c->entries[low] == entry) {
                uint32_t times = packed(times_of(c->list.bytes, block), block->times_width, low);
                w->sums[offset] += contribution(query, c->list.weight, times, query->lengths[entry]);
            }
        }
        w->candidates[kept] = offset;
        kept += w->sums[offset] + left >= threshold;
    }
    *count = kept;
    return 0;
}

static inline int worse(ck_postings_hit a, ck_postings_hit b) { return a.score != b.score ? a.score < b.score : a.key > b.key; }

/// The heap's first is the worst of it.
static void offer(ck_postings_hit *hits, uint32_t *held, uint32_t limit, ck_postings_hit hit) {
    uint32_t at;
    if (*held < limit) {
        for (at = (*held)++; at && worse(hit, hits[(at - 1) / 2]); at = (at - 1) / 2) hits[at] = hits[(at - 1) / 2];
    } else {
        if (!worse(hits[0], hit)) return;
        for (at = 0; 2 * (uint64_t)at + 1 < limit;) {
            uint32_t child = 2 * at + 1;
            if (child + 1 < limit && worse(hits[child + 1], hits[child])) child++;
            if (!worse(hits[child], hit)) break;
            hits[at] = hits[child];
            at = child;
        }
    }
    hits[at] = hit;
}

/// The bound of what a list gives to an entry of the window; moves to the window's first block.
static void enter(const ck_postings_query *query, cursor *c, uint32_t start, uint64_t end) {
    const ck_postings_block *blocks = c->list.blocks;
    while (c->block < c->list.block_count && blocks[c->block].last < start) c->block++;
    float most = 0;
    for (uint32_t block = c->block; block < c->list.block_count && blocks[block].base < end; block++)
        if (blocks[block].bound > most) most = blocks[block].bound;
    double bound = most * query->stretch;
    // Two ticks more than the quotient: its rounding and that of a posting's.
    c->bound = most > 0 ? (int64_t)(c->list.weight * bound / (bound + query->k1)) + 2 : 0;
}

static int search_window(const ck_postings_query *query, cursor *cursors, uint32_t count, workspace *w, uint32_t *order,
                         uint32_t start, uint64_t end, ck_postings_hit *hits, uint32_t *held, uint32_t limit) {
    int64_t threshold = *held == limit ? hits[0].score : 1;
    for (uint32_t index = 0; index < count; index++) enter(query, &cursors[index], start, end);
    for (uint32_t index = 1; index < count; index++) {  // nearly in order already
        uint32_t moved = order[index], place = index;
        for (; place && cursors[order[place - 1]].bound > cursors[moved].bound; place--) order[place] = order[place - 1];
        order[place] = moved;
    }
    // Entries that hold only the first lists, up to `optional`, cannot reach the threshold.
    w->below[0] = 0;
    for (uint32_t index = 0; index < count; index++) w->below[index + 1] = w->below[index] + cursors[order[index]].bound;
    if (w->below[count] < threshold) return 0;
    uint32_t optional = 0;
    while (optional < count && w->below[optional + 1] < threshold) optional++;

    uint32_t size = (uint32_t)(end - start);
    memset(w->sums, 0, size * sizeof(int64_t));
    for (uint32_t index = optional; index < count; index++)
        if (add_all(query, &cursors[order[index]], w->sums, start, end)) return -1;
    uint32_t found = 0;
    int64_t least = threshold - w->below[optional];
    if (least < 1) least = 1;
    for (uint32_t offset = 0; offset < size; offset++) {
        w->candidates[found] = offset;
        found += w->sums[offset] >= least;
    }
    for (uint32_t index = optional; index-- && found;)
        if (add_some(query, &cursors[order[index]], w, start, &found, w->below[index], threshold)) return -1;
    for (uint32_t index = 0; index < found; index++) {
        uint32_t offset = w->candidates[index];
        offer(hits, held, limit, (ck_postings_hit){w->sums[offset], query->keys[start + offset]});
    }
    return 0;
}

int ck_postings_search(const ck_postings_query *query, const ck_postings_list *lists, uint32_t count, void *scratch,
                       ck_postings_hit *hits, uint32_t *held, uint32_t limit) {
    if (!count || !limit) return 0;
    workspace *w = scratch;
    uint32_t *order = (uint32_t *)(w->below + count + 1);
    cursor *cursors = (cursor *)((uint8_t *)scratch + aligned(sizeof(workspace) + (size_t)count * (sizeof(int64_t) + sizeof(uint32_t))));
    for (uint32_t index = 0; index < count; index++) {
        order[index] = index;
        cursors[index].list = lists[index];
        cursors[index].block = cursors[index].place = 0;
        cursors[index].decoded = cursors[index].scored = UINT32_MAX;
    }
    for (uint64_t start = 0; start < query->entries; start += WINDOW) {
        uint64_t end = start + WINDOW < query->entries ? start + WINDOW : query->entries;
        if (search_window(query, cursors, count, w, order, (uint32_t)start, end, hits, held, limit)) return -1;
    }
    return 0;
}

uint64_t ck_hash64(uint64_t seed, const uint8_t *bytes, size_t count) {
    uint64_t hash = seed ^ count * 0x9E3779B97F4A7C15ull;
    for (; count >= 8; bytes += 8, count -= 8) {
        hash = (hash ^ load64(bytes)) * 0xFF51AFD7ED558CCDull;
        hash ^= hash >> 32;
    }
    for (; count; bytes++, count--) hash = (hash ^ *bytes) * 0xFF51AFD7ED558CCDull;
    return hash ^ hash >> 29;
}
