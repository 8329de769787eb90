// SPDX-License-Identifier: Apache-2.0
#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)
#include <immintrin.h>
#define LANES_F16C 1
#define TILES 0, 1, 2, 4
#define ATTENTION_WIDTH(n) ((n) > 3 ? 1 : (n) > 1 ? 2 : 4)
#include <string.h>
/// |a| · sign(b, a): two such products of at most 128 · 127 fit into 16 bits.
static inline __attribute__((always_inline)) __m256i add_dot_i8(__m256i sum, __m256i a, __m256i b) {
    __m256i pairs = _mm256_maddubs_epi16(_mm256_abs_epi8(a), _mm256_sign_epi8(b, a));
    return _mm256_add_epi32(sum, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
}
static inline __attribute__((always_inline)) int32_t dot_i8(const int8_t *a, const int8_t *b, int64_t n) {
    __m256i sum = _mm256_setzero_si256();
    int64_t i = 0;
    for (; i + 32 <= n; i += 32) sum = add_dot_i8(sum, _mm256_loadu_si256((const __m256i *)(a + i)), _mm256_loadu_si256((const __m256i *)(b + i)));
    if (i < n) {
        int8_t last[2][32] = {{0}};
        memcpy(last[0], a + i, (size_t)(n - i));
        memcpy(last[1], b + i, (size_t)(n - i));
        sum = add_dot_i8(sum, _mm256_loadu_si256((const __m256i *)last[0]), _mm256_loadu_si256((const __m256i *)last[1]));
    }
    __m128i four = _mm_add_epi32(_mm256_castsi256_si128(sum), _mm256_extracti128_si256(sum, 1));
    four = _mm_add_epi32(four, _mm_shuffle_epi32(four, 0x4E));
    return _mm_cvtsi128_si32(_mm_add_epi32(four, _mm_shuffle_epi32(four, 0xB1)));
}
#include "body.h"

WITHOUT_DENORMALS(product_bf16_dot, product_bf16_dot_plain)

INLINE __m256i four(const int8_t *x) {
    int32_t bits;
    memcpy(&bits, x, 4);
    return _mm256_set1_epi32(bits);
}

/// The sixteen half lines of a block as bytes, low to high k.
INLINE void expand(const ck_format f, const uint8_t *lines, __m256i *w) {
    if (f == CK_Q8_0) {
        for (int i = 0; i < 16; i++) w[i] = _mm256_loadu_si256((const __m256i *)(lines + 32 * i));
        return;
    }
    const __m256i low = _mm256_set1_epi8(15);
    UNROLL for (int i = 0; i < 8; i++) {
        __m256i pair = _mm256_loadu_si256((const __m256i *)(lines + 32 * i));
        w[i] = _mm256_and_si256(pair, low);
        w[8 + i] = _mm256_and_si256(_mm256_srli_epi16(pair, 4), low);
    }
    if (f == CK_Q5_0 || f == CK_Q6_K) {
        UNROLL for (int i = 0; i < 16; i++) {
            const int l = i / 2, at = f == CK_Q5_0 ? l - 4 : l % 4 * 2 - 4;
            const uint8_t *from = lines + 256 + (f == CK_Q6_K ? l / 4 * 64 : 0) + i % 2 * 32;
            __m256i upper = _mm256_loadu_si256((const __m256i *)from);
            __m256i moved = at < 0 ? _mm256_slli_epi16(upper, -at) : _mm256_srli_epi16(upper, at);
            w[i] = _mm256_or_si256(w[i], _mm256_and_si256(moved, _mm256_set1_epi8(f == CK_Q5_0 ? 16 : 48)));
        }
    }
}

INLINE v16i join_i(__m256i low, __m256i high) {
    v16i v;
    memcpy(&v, &low, 32);
    memcpy((char *)&v + 32, &high, 32);
    return v;
}

/// The product of `lines` pairs of half lines, four for half a block, eight for a whole one. Two products of 4 to 6 bits
/// by 8 fit into 16 bits, and so do eight of 4 bits (15 · 127 · 16 = 30,480), four of 5 and two of 6 (63 · 127 · 4 =
/// 32,004): only then they are widened; 8 bits go as |w| · sign(x, w) with w 128 less than stored.
INLINE v16i lines_product(const ck_format f, const __m256i *w, const int8_t *x, const int lines) {
    const int narrow_lines = f == CK_Q8_0 ? 1 : f == CK_Q6_K ? 2 : f == CK_Q5_0 ? 4 : 8;
    const __m256i ones = _mm256_set1_epi16(1);
    __m256i sums[2] = {_mm256_setzero_si256(), _mm256_setzero_si256()}, narrow[2];
    UNROLL for (int l = 0; l < lines; l++) {
        __m256i xi = four(x + 4 * l);
        UNROLL for (int side = 0; side < 2; side++) {
            __m256i wi = w[2 * l + side], products;
            if (f == CK_Q8_0) {
                wi = _mm256_xor_si256(wi, _mm256_set1_epi8((char)0x80));
                products = _mm256_maddubs_epi16(_mm256_abs_epi8(wi), _mm256_sign_epi8(xi, wi));
            } else {
                products = _mm256_maddubs_epi16(wi, xi);
            }
            narrow[side] = l % narrow_lines == 0 ? products : _mm256_add_epi16(narrow[side], products);
            if (l % narrow_lines == narrow_lines - 1 || l == lines - 1) {
                __m256i wide = _mm256_madd_epi16(narrow[side], ones);
                sums[side] = l < narrow_lines ? wide : _mm256_add_epi32(sums[side], wide);
            }
        }
    }
    return join_i(sums[0], sums[1]);
}

INLINE void tile_blocks(const ck_format f, const ck_product *p, int64_t g, int64_t c, const int m, const int n) {
    (void)m;
    const int64_t blocks = p->depth / 32;
    const uint8_t *group = (const uint8_t *)p->weights + g * ck_group_bytes(f, p->depth);
    v16 acc[MAX_COLUMNS];
    UNROLL for (int j = 0; j < n; j++) acc[j] = splat(0);
    for (int64_t b = 0; b < blocks; b++) {
        v16 d, e;
        __m256i w[16];
        block_scales(f, group, b, &d, &e);
        expand(f, block_lines(f, group, b), w);
        UNROLL for (int j = 0; j < n; j++) {
            const int8_t *x = (const int8_t *)p->x + (c + j) * p->depth + b * 32;
            v16i dot = lines_product(f, w, x, has_halves(f) ? 4 : 8);
            v16i second = has_halves(f) ? lines_product(f, w + 8, x + 16, 4) : dot;
            acc[j] = add_block(f, f == CK_Q8_0 ? 0 : block_excess(f), acc[j], dot, second, d, e, p->x_scale + (c + j) * blocks + b);
        }
    }
    UNROLL for (int j = 0; j < n; j++) finish(p, g, c + j, acc[j]);
}

#define PRODUCT_OF(NAME, TILE, FORMAT)                                                                                 \
    INLINE void TILE(const ck_product *p, int64_t g, int64_t c, const int m, const int n) { tile_blocks(FORMAT, p, g, c, m, n); } \
    COVER(NAME, TILE, 0, 1, 0, 1)
PRODUCT_OF(product_q4_1, tile_q4_1, CK_Q4_1)
PRODUCT_OF(product_q8_0, tile_q8_0, CK_Q8_0)
PRODUCT_OF(product_q5_0, tile_q5_0, CK_Q5_0)
PRODUCT_OF(product_q4_k, tile_q4_k, CK_Q4_K)
PRODUCT_OF(product_q6_k, tile_q6_k, CK_Q6_K)
TABLE(ck_avx2_table, product_bf16_dot)
#pragma clang attribute pop
#endif
