// SPDX-License-Identifier: Apache-2.0
// Attention of several queries over one head's keys and values, block by block. A lane of a score is a position (d
// ascends), a lane of the result a channel (positions ascend). Positions are cut at multiples of CK_CUT; each cut is
// reduced alone and joined to those before it, so that neither batch nor cache nor threads change a bit.
// The including file defines ELEMENT, LOAD_ELEMENTS, STORE_ELEMENTS and NAME(x) for the element type of the cache, and
// ATTENTION_WIDTH(n): how many times 16 positions or channels of n queries have their sums in registers at once.

#define QUERIES 8        // queries that share one pass over keys and values
#define MAX_DIMENSION 512

INLINE void NAME(scores)(const ck_attention *a, const float *const *q, const int n, int64_t first, int64_t stop, float (*s)[CK_CUT]) {
    const int64_t dimension = a->dimension;
    const int w = ATTENTION_WIDTH(n) < CK_BLOCK / 16 ? ATTENTION_WIDTH(n) : CK_BLOCK / 16;  // 16 positions each
    for (int64_t p = first; p < stop; p += 16 * w) {
        const ELEMENT *keys = (const ELEMENT *)a->keys[p / CK_BLOCK] + p % CK_BLOCK;
        v16 acc[QUERIES][CK_BLOCK / 16];
        UNROLL for (int j = 0; j < n; j++) UNROLL for (int i = 0; i < w; i++) acc[j][i] = splat(0);
        for (int64_t d = 0; d < dimension; d++, keys += CK_BLOCK) {
            v16 key[CK_BLOCK / 16];
            UNROLL for (int i = 0; i < w; i++) key[i] = LOAD_ELEMENTS(keys + 16 * i);
            UNROLL for (int j = 0; j < n; j++) {
                v16 x = splat(q[j][d]);
                UNROLL for (int i = 0; i < w; i++) acc[j][i] = fma16(key[i], x, acc[j][i]);
            }
        }
        UNROLL for (int j = 0; j < n; j++) UNROLL for (int i = 0; i < w; i++) store(&s[j][p - first + 16 * i], acc[j][i] * splat(a->scale));
    }
}

/// `w` times 16 channels from `d` on; from the position `shared` on a query may have ended.
INLINE void NAME(mix_channels)(const ck_attention *a, const int32_t *ends, const int n, int64_t first, int64_t shared, int64_t stop, int64_t d, const int w, float (*s)[CK_CUT], float (*out)[MAX_DIMENSION]) {
    const int64_t filled = (a->dimension + 15) / 16 * 16;
    v16 acc[QUERIES][CK_BLOCK / 16], value[CK_BLOCK / 16];
    UNROLL for (int j = 0; j < n; j++) UNROLL for (int i = 0; i < w; i++) acc[j][i] = splat(0);
    UNROLL for (int ended = 0; ended < 2; ended++) {
        for (int64_t p = ended ? shared : first, last = ended ? stop : shared; p < last; p++) {
            const ELEMENT *values = (const ELEMENT *)a->values[p / CK_BLOCK] + (p % CK_BLOCK) * filled + d;
            UNROLL for (int i = 0; i < w; i++) value[i] = LOAD_ELEMENTS(values + 16 * i);
            UNROLL for (int j = 0; j < n; j++) {
                if (ended && p >= ends[j]) continue;
                v16 weight = splat(s[j][p - first]);
                UNROLL for (int i = 0; i < w; i++) acc[j][i] = fma16(value[i], weight, acc[j][i]);
            }
        }
    }
    UNROLL for (int j = 0; j < n; j++) UNROLL for (int i = 0; i < w; i++) store(&out[j][d + 16 * i], acc[j][i]);
}

/// Each query takes the values up to its own end, all of them together as far as the nearest end goes: not even an
/// infinite value beyond it, times a weight of zero, may reach a query.
INLINE void NAME(mix)(const ck_attention *a, const int32_t *ends, const int n, int64_t first, int64_t stop, float (*s)[CK_CUT], float (*out)[MAX_DIMENSION]) {
    const int64_t filled = (a->dimension + 15) / 16 * 16;
    const int w = ATTENTION_WIDTH(n) < 4 ? ATTENTION_WIDTH(n) : 4;
    int64_t shared = stop, d = 0;
    for (int j = 0; j < n; j++) if (ends[j] < shared) shared = ends[j];
    if (shared < first) shared = first;
    for (; d + 16 * w <= filled; d += 16 * w) NAME(mix_channels)(a, ends, n, first, shared, stop, d, w, s, out);
    for (; d < filled; d += 16) NAME(mix_channels)(a, ends, n, first, shared, stop, d, 1, s, out);
}

INLINE void NAME(queries)(const ck_attention *a, const float *const *q, const int32_t *ends, float *const *out, const int n) {
    const int64_t filled = (a->dimension + 15) / 16 * 16;
    float s[QUERIES][CK_CUT], part[QUERIES][MAX_DIMENSION], total[QUERIES][MAX_DIMENSION], most[QUERIES], sum[QUERIES];
    int64_t end = 0;
    for (int j = 0; j < n; j++) {
        most[j] = -INFINITY;
        sum[j] = 0;
        if (ends[j] > end) end = ends[j];
        for (int64_t d = 0; d < filled; d += 16) store(&total[j][d], splat(0));
    }
    for (int64_t first = 0; first < end; first += CK_CUT) {
        int64_t stop = first + CK_CUT < end ? first + CK_CUT : end;
        NAME(scores)(a, q, n, first, stop, s);
        float before[QUERIES], here[QUERIES];
        for (int j = 0; j < n; j++) {
            int64_t seen = ends[j] - first, width = (stop - first + 31) / 32 * 32;
            for (int64_t p = seen < 0 ? 0 : seen; p < width; p++) s[j][p] = -INFINITY;
            v16 top = splat(-INFINITY), mass = splat(0);
            for (int64_t p = 0; p < width; p += 16) top = max16(top, load(&s[j][p]));
            float m = seen > 0 ? max_lanes(top) : 0, next = most[j] > m ? most[j] : m;
            for (int64_t p = 0; p < width; p += 16) {
                v16 e = exp16(load(&s[j][p]) - splat(m));
                store(&s[j][p], e);
                mass = mass + e;
            }
            if (seen <= 0) continue;
            before[j] = exp16(splat(most[j] - next))[0];
            here[j] = exp16(splat(m - next))[0];
            sum[j] = __builtin_fmaf(sum[j], before[j], sum_lanes(mass) * here[j]);
            most[j] = next;
        }
        NAME(mix)(a, ends, n, first, stop, s, part);
        for (int j = 0; j < n; j++) {
            for (int64_t d = 0; ends[j] > first && d < filled; d += 16) {
                store(&total[j][d], fma16(load(&total[j][d]), splat(before[j]), load(&part[j][d]) * splat(here[j])));
            }
        }
    }
    for (int j = 0; j < n; j++) {
        for (int64_t d = 0; d < filled; d += 16) {
            v16 v = load(&total[j][d]) / splat(sum[j]);
            int64_t left = a->dimension - d;
            if (left >= 16) store(out[j] + d, v); else store_part(out[j] + d, v, left);
        }
    }
}

static void NAME(attend)(const ck_attention *a) {
    const int64_t rows = a->tokens * a->group;
    for (int64_t r = 0; r < rows;) {
        const float *q[QUERIES];
        float *out[QUERIES];
        int32_t ends[QUERIES];
        int n = rows - r >= QUERIES ? QUERIES : rows - r >= 3 ? 3 : 1;
        for (int j = 0; j < n; j++) {
            int64_t t = (r + j) / a->group, g = (r + j) % a->group;
            q[j] = a->q + t * a->q_stride + g * a->dimension;
            out[j] = a->out + t * a->out_stride + g * a->dimension;
            ends[j] = a->ends[t];
        }
        if (n == QUERIES) NAME(queries)(a, q, ends, out, QUERIES);
        else if (n == 3) NAME(queries)(a, q, ends, out, 3);
        else NAME(queries)(a, q, ends, out, 1);
        r += n;
    }
}

/// Puts positions into their block: keys transposed, so that a lane is a position, values as they come.
static void NAME(keep)(const ck_kept *k) {
    const int64_t filled = (k->dimension + 15) / 16 * 16;
    ELEMENT *keys = (ELEMENT *)k->keys + k->slot, *values = (ELEMENT *)k->values + k->slot * filled, tile[16][16];
    for (int64_t d = 0; d < k->dimension; d += 16) {
        const int64_t left = k->dimension - d < 16 ? k->dimension - d : 16;
        for (int64_t first = 0; first < k->count; first += 16) {
            const int64_t count = k->count - first < 16 ? k->count - first : 16;
            for (int64_t i = 0; i < count; i++) {
                const int64_t place = (first + i) * k->stride + d;
                STORE_ELEMENTS(tile[i], left == 16 ? load(k->key + place) : load_part(k->key + place, left));
                STORE_ELEMENTS(values + (first + i) * filled + d, left == 16 ? load(k->value + place) : load_part(k->value + place, left));
            }
            for (int64_t c = 0; c < left; c++) for (int64_t i = 0; i < count; i++) keys[(d + c) * CK_BLOCK + first + i] = tile[i][c];
        }
    }
}

#undef QUERIES
#undef MAX_DIMENSION
#undef ELEMENT
#undef LOAD_ELEMENTS
#undef STORE_ELEMENTS
#undef NAME
