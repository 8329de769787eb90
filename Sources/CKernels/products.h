// SPDX-License-Identifier: Apache-2.0
// Products of packed float weights. A tile holds `m` groups of 16 rows by `n` columns in registers; its size changes
// nothing in the result, since each (row, column) is one chain of fused multiply-adds with k ascending.

#define UNROLL _Pragma("clang loop unroll(full)")
#define MAX_GROUPS 8
#define MAX_COLUMNS 8

INLINE void finish(const ck_product *p, int64_t group, int64_t column, v16 acc) {
    int64_t row = group * 16, left = p->rows - row, place = column * p->out_stride + row;
    if (left >= 16) {
        if (p->bias) acc = acc + load(p->bias + row);
        if (p->residual) acc = acc + load(p->residual + place);
        store(p->out + place, acc);
    } else {
        if (p->bias) acc = acc + load_part(p->bias + row, left);
        if (p->residual) acc = acc + load_part(p->residual + place, left);
        store_part(p->out + place, acc, left);
    }
}

/// One weight a lane and k, of the type that LOAD widens to float.
#define TILE_OF(NAME, ELEMENT_TYPE, LOAD)                                                                             \
    INLINE void NAME(const ck_product *p, int64_t g, int64_t c, const int m, const int n) {                           \
        const int64_t depth = p->depth;                                                                               \
        const ELEMENT_TYPE *w = (const ELEMENT_TYPE *)p->weights + g * depth * 16;                                    \
        const float *x = (const float *)p->x + c * depth;                                                             \
        v16 acc[MAX_GROUPS][MAX_COLUMNS];                                                                             \
        UNROLL for (int i = 0; i < m; i++) UNROLL for (int j = 0; j < n; j++) acc[i][j] = splat(0);                   \
        for (int64_t k = 0; k < depth; k++) {                                                                         \
            v16 a[MAX_GROUPS];                                                                                        \
            UNROLL for (int i = 0; i < m; i++) a[i] = LOAD(w + (i * depth + k) * 16);                                 \
            UNROLL for (int j = 0; j < n; j++) {                                                                      \
                v16 b = splat(x[j * depth + k]);                                                                      \
                UNROLL for (int i = 0; i < m; i++) acc[i][j] = fma16(a[i], b, acc[i][j]);                             \
            }                                                                                                         \
        }                                                                                                             \
        UNROLL for (int i = 0; i < m; i++) UNROLL for (int j = 0; j < n; j++) finish(p, g + i, c + j, acc[i][j]);     \
    }

TILE_OF(tile_f32, float, load)
TILE_OF(tile_f16, uint16_t, half_load)

INLINE void tile_bf16(const ck_product *p, int64_t g, int64_t c, const int m, const int n) {
    const int64_t depth = p->depth, pairs = (depth + 1) / 2;
    const uint16_t *w = (const uint16_t *)p->weights + g * pairs * 32;
    const float *x = (const float *)p->x + c * depth;
    v16 acc[MAX_GROUPS][MAX_COLUMNS];
    UNROLL for (int i = 0; i < m; i++) UNROLL for (int j = 0; j < n; j++) acc[i][j] = splat(0);
    for (int64_t k = 0; k < pairs; k++) {
        v16 a[MAX_GROUPS], b[MAX_GROUPS];
        UNROLL for (int i = 0; i < m; i++) {
            v16u pair;
            memcpy(&pair, w + (i * pairs + k) * 32, 64);
            a[i] = bf16_even(pair);
            b[i] = bf16_odd(pair);
        }
        UNROLL for (int j = 0; j < n; j++) {
            v16 even = splat(x[j * depth + 2 * k]);
            UNROLL for (int i = 0; i < m; i++) acc[i][j] = fma16(a[i], even, acc[i][j]);
            if (2 * k + 1 < depth) {
                v16 odd = splat(x[j * depth + 2 * k + 1]);
                UNROLL for (int i = 0; i < m; i++) acc[i][j] = fma16(b[i], odd, acc[i][j]);
            }
        }
    }
    UNROLL for (int i = 0; i < m; i++) UNROLL for (int j = 0; j < n; j++) finish(p, g + i, c + j, acc[i][j]);
}

/// The bfloat16 dot instruction spelled out: the odd k first. Denormals count as zero (see dot_bf16 in each file).
INLINE void tile_bf16_dot_plain(const ck_product *p, int64_t g, int64_t c, const int m, const int n) {
    const int64_t pairs = (p->depth + 1) / 2;
    const uint16_t *w = (const uint16_t *)p->weights + g * pairs * 32;
    const uint32_t *x = (const uint32_t *)p->x + c * pairs;
    v16 acc[MAX_GROUPS][MAX_COLUMNS];
    UNROLL for (int i = 0; i < m; i++) UNROLL for (int j = 0; j < n; j++) acc[i][j] = splat(0);
    for (int64_t k = 0; k < pairs; k++) {
        v16 a[MAX_GROUPS], b[MAX_GROUPS];
        UNROLL for (int i = 0; i < m; i++) {
            v16u pair;
            memcpy(&pair, w + (i * pairs + k) * 32, 64);
            a[i] = bf16_even(pair);
            b[i] = bf16_odd(pair);
        }
        UNROLL for (int j = 0; j < n; j++) {
            v16u pair = (v16u)splat_i((int32_t)x[j * pairs + k]);
            v16 even = bf16_even(pair), odd = bf16_odd(pair);
            UNROLL for (int i = 0; i < m; i++) {
                acc[i][j] = fma16(b[i], odd, acc[i][j]);
                acc[i][j] = fma16(a[i], even, acc[i][j]);
            }
        }
    }
    UNROLL for (int i = 0; i < m; i++) UNROLL for (int j = 0; j < n; j++) finish(p, g + i, c + j, acc[i][j]);
}

/// Covers groups × columns with tiles: eight columns at once while there are that many (the panel of weights stays in
/// the cache while 64 columns pass), then fewer. A tile of n columns holds M_n groups; 0: no such tile.
#define COVER(NAME, TILE, ...) COVER_TILES(NAME, TILE, __VA_ARGS__)
#define COVER_TILES(NAME, TILE, M8, M4, M2, M1)                                                                       \
    static void NAME(const ck_product *p, int64_t g0, int64_t g1, int64_t c0, int64_t c1) {                           \
        COVER_COLUMNS(TILE, 8, M8)                                                                                    \
        COVER_COLUMNS(TILE, 4, M4)                                                                                    \
        COVER_COLUMNS(TILE, 2, M2)                                                                                    \
        COVER_COLUMNS(TILE, 1, M1)                                                                                    \
    }
#define COVER_COLUMNS(TILE, N, M)                                                                                     \
    for (int64_t stop; (M) > 0 && c0 + (N) <= c1; c0 = stop) {                                                        \
        stop = c0 + ((c1 - c0 < 64 ? c1 - c0 : 64) / (N)) * (N);                                                      \
        int64_t g = g0;                                                                                               \
        for (; g + (M) <= g1; g += (M)) for (int64_t c = c0; c < stop; c += (N)) TILE(p, g, c, (M), (N));             \
        for (; g < g1; g++) for (int64_t c = c0; c < stop; c += (N)) TILE(p, g, c, 1, (N));                           \
    }
