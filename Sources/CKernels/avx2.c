// SPDX-License-Identifier: Apache-2.0
#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)
#include <immintrin.h>
#define LANES_F16C 1
#define TILES 0, 1, 2, 4
#include "body.h"

WITHOUT_DENORMALS(product_bf16_dot, product_bf16_dot_plain)

INLINE __m256i four(const int8_t *x) {
    int32_t bits;
    memcpy(&bits, x, 4);
    return _mm256_set1_epi32(bits);
}

INLINE v16 join(__m256 low, __m256 high) {
    v16 v;
    memcpy(&v, &low, 32);
    memcpy((char *)&v + 32, &high, 32);
    return v;
}

/// Eight products of 4 bits by 8 (at most 15 · 127 · 2 · 8 = 30,480) fit into 16 bits before they are widened.
INLINE void tile_q4_1(const ck_product *p, int64_t g, int64_t c, const int m, const int n) {
    (void)m;
    const int64_t blocks = p->depth / 32;
    const __m256i low = _mm256_set1_epi8(15), ones = _mm256_set1_epi16(1);
    v16 acc[MAX_COLUMNS];
    UNROLL for (int j = 0; j < n; j++) acc[j] = splat(0);
    for (int64_t b = 0; b < blocks; b++) {
        const uint8_t *block = (const uint8_t *)p->weights + (g * blocks + b) * 320;
        v16 d = half_load((const uint16_t *)block), minimum = half_load((const uint16_t *)block + 16);
        __m256i w[16];
        for (int i = 0; i < 8; i++) {
            __m256i pair = _mm256_loadu_si256((const __m256i *)(block + 64 + 32 * i));
            w[i] = _mm256_and_si256(pair, low);
            w[8 + i] = _mm256_and_si256(_mm256_srli_epi16(pair, 4), low);
        }
        UNROLL for (int j = 0; j < n; j++) {
            const int8_t *x = (const int8_t *)p->x + (c + j) * p->depth + b * 32;
            __m256i first = _mm256_setzero_si256(), second = first;
            for (int i = 0; i < 8; i++) {
                __m256i xi = four(x + (i / 4) * 16 + (i % 4) * 4);
                first = _mm256_add_epi16(first, _mm256_maddubs_epi16(w[i / 4 * 8 + i % 4 * 2], xi));
                second = _mm256_add_epi16(second, _mm256_maddubs_epi16(w[i / 4 * 8 + i % 4 * 2 + 1], xi));
            }
            v16 dot = join(_mm256_cvtepi32_ps(_mm256_madd_epi16(first, ones)), _mm256_cvtepi32_ps(_mm256_madd_epi16(second, ones)));
            float dx = p->x_scale[(c + j) * blocks + b];
            acc[j] = fma16(dot, d * splat(dx), acc[j]);
            acc[j] = fma16(minimum, splat(dx * (float)p->x_sum[(c + j) * blocks + b]), acc[j]);
        }
    }
    UNROLL for (int j = 0; j < n; j++) finish(p, g, c + j, acc[j]);
}

/// |w| · sign(x, w): at most 128 · 127 · 2 = 32,512 in 16 bits, so nothing saturates.
INLINE void tile_q8_0(const ck_product *p, int64_t g, int64_t c, const int m, const int n) {
    (void)m;
    const int64_t blocks = p->depth / 32;
    const __m256i flip = _mm256_set1_epi8((char)0x80), ones = _mm256_set1_epi16(1);
    v16 acc[MAX_COLUMNS];
    UNROLL for (int j = 0; j < n; j++) acc[j] = splat(0);
    for (int64_t b = 0; b < blocks; b++) {
        const uint8_t *block = (const uint8_t *)p->weights + (g * blocks + b) * 544;
        v16 d = half_load((const uint16_t *)block);
        UNROLL for (int j = 0; j < n; j++) {
            const int8_t *x = (const int8_t *)p->x + (c + j) * p->depth + b * 32;
            __m256i sums[2] = {_mm256_setzero_si256(), _mm256_setzero_si256()};
            for (int i = 0; i < 16; i++) {
                __m256i w = _mm256_xor_si256(_mm256_loadu_si256((const __m256i *)(block + 32 + 32 * i)), flip);
                __m256i products = _mm256_maddubs_epi16(_mm256_abs_epi8(w), _mm256_sign_epi8(four(x + i / 2 * 4), w));
                sums[i % 2] = _mm256_add_epi32(sums[i % 2], _mm256_madd_epi16(products, ones));
            }
            v16 dot = join(_mm256_cvtepi32_ps(sums[0]), _mm256_cvtepi32_ps(sums[1]));
            acc[j] = fma16(dot, d * splat(p->x_scale[(c + j) * blocks + b]), acc[j]);
        }
    }
    UNROLL for (int j = 0; j < n; j++) finish(p, g, c + j, acc[j]);
}

COVER(product_q4_1, tile_q4_1, 0, 1, 0, 1)
COVER(product_q8_0, tile_q8_0, 0, 1, 0, 1)
TABLE(ck_avx2_table, product_bf16_dot, product_q4_1, product_q8_0)
#pragma clang attribute pop
#endif
