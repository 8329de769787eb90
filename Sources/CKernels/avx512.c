// SPDX-License-Identifier: Apache-2.0
#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512vnni,avx2,fma,f16c"))), apply_to = function)
#include <immintrin.h>
#define LANES_F16C 1
#define TILES 3, 4, 4, 8
#include "body.h"

WITHOUT_DENORMALS(product_bf16_dot, product_bf16_dot_plain)

INLINE __m512i four(const int8_t *x) {
    int32_t bits;
    memcpy(&bits, x, 4);
    return _mm512_set1_epi32(bits);
}

INLINE void tile_q4_1(const ck_product *p, int64_t g, int64_t c, const int m, const int n) {
    const int64_t blocks = p->depth / 32;
    const __m512i low = _mm512_set1_epi8(15);
    v16 acc[MAX_GROUPS][MAX_COLUMNS];
    UNROLL for (int i = 0; i < m; i++) UNROLL for (int j = 0; j < n; j++) acc[i][j] = splat(0);
    for (int64_t b = 0; b < blocks; b++) {
        UNROLL for (int i = 0; i < m; i++) {
            const uint8_t *block = (const uint8_t *)p->weights + ((g + i) * blocks + b) * 320;
            v16 d = half_load((const uint16_t *)block), minimum = half_load((const uint16_t *)block + 16);
            __m512i w[8];
            UNROLL for (int l = 0; l < 4; l++) {
                __m512i pair = _mm512_loadu_si512(block + 64 + 64 * l);
                w[l] = _mm512_and_si512(pair, low);
                w[4 + l] = _mm512_and_si512(_mm512_srli_epi16(pair, 4), low);
            }
            UNROLL for (int j = 0; j < n; j++) {
                const int8_t *x = (const int8_t *)p->x + (c + j) * p->depth + b * 32;
                __m512i even = _mm512_setzero_si512(), odd = even;
                UNROLL for (int l = 0; l < 8; l += 2) {
                    even = _mm512_dpbusd_epi32(even, w[l], four(x + 4 * l));
                    odd = _mm512_dpbusd_epi32(odd, w[l + 1], four(x + 4 * l + 4));
                }
                v16 dot = (v16)_mm512_cvtepi32_ps(_mm512_add_epi32(even, odd));
                float dx = p->x_scale[(c + j) * blocks + b];
                acc[i][j] = fma16(dot, d * splat(dx), acc[i][j]);
                acc[i][j] = fma16(minimum, splat(dx * (float)p->x_sum[(c + j) * blocks + b]), acc[i][j]);
            }
        }
    }
    UNROLL for (int i = 0; i < m; i++) UNROLL for (int j = 0; j < n; j++) finish(p, g + i, c + j, acc[i][j]);
}

INLINE void tile_q8_0(const ck_product *p, int64_t g, int64_t c, const int m, const int n) {
    const int64_t blocks = p->depth / 32;
    v16 acc[MAX_GROUPS][MAX_COLUMNS];
    UNROLL for (int i = 0; i < m; i++) UNROLL for (int j = 0; j < n; j++) acc[i][j] = splat(0);
    for (int64_t b = 0; b < blocks; b++) {
        UNROLL for (int i = 0; i < m; i++) {
            const uint8_t *block = (const uint8_t *)p->weights + ((g + i) * blocks + b) * 544;
            v16 d = half_load((const uint16_t *)block);
            __m512i w[8];
            UNROLL for (int l = 0; l < 8; l++) w[l] = _mm512_loadu_si512(block + 32 + 64 * l);
            UNROLL for (int j = 0; j < n; j++) {
                const int8_t *x = (const int8_t *)p->x + (c + j) * p->depth + b * 32;
                __m512i even = _mm512_set1_epi32(-128 * p->x_sum[(c + j) * blocks + b]), odd = _mm512_setzero_si512();
                UNROLL for (int l = 0; l < 8; l += 2) {
                    even = _mm512_dpbusd_epi32(even, w[l], four(x + 4 * l));
                    odd = _mm512_dpbusd_epi32(odd, w[l + 1], four(x + 4 * l + 4));
                }
                v16 dot = (v16)_mm512_cvtepi32_ps(_mm512_add_epi32(even, odd));
                acc[i][j] = fma16(dot, d * splat(p->x_scale[(c + j) * blocks + b]), acc[i][j]);
            }
        }
    }
    UNROLL for (int i = 0; i < m; i++) UNROLL for (int j = 0; j < n; j++) finish(p, g + i, c + j, acc[i][j]);
}

COVER(product_q4_1, tile_q4_1, 1, 1, 1, 2)
COVER(product_q8_0, tile_q8_0, 1, 1, 1, 2)
TABLE(ck_avx512_table, product_bf16_dot, product_q4_1, product_q8_0)

// MARK: bfloat16 dot products in hardware

#pragma clang attribute pop
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512vnni,avx512bf16,avx2,fma,f16c"))), apply_to = function)
INLINE void tile_bf16_dot(const ck_product *p, int64_t g, int64_t c, const int m, const int n) {
    const int64_t pairs = (p->depth + 1) / 2;
    const uint16_t *w = (const uint16_t *)p->weights + g * pairs * 32;
    const int32_t *x = (const int32_t *)p->x + c * pairs;
    __m512 acc[MAX_GROUPS][MAX_COLUMNS];
    UNROLL for (int i = 0; i < m; i++) UNROLL for (int j = 0; j < n; j++) acc[i][j] = _mm512_setzero_ps();
    for (int64_t k = 0; k < pairs; k++) {
        __m512i a[MAX_GROUPS];
        UNROLL for (int i = 0; i < m; i++) a[i] = _mm512_loadu_si512(w + (i * pairs + k) * 32);
        UNROLL for (int j = 0; j < n; j++) {
            __m512bh b = (__m512bh)_mm512_set1_epi32(x[j * pairs + k]);
            UNROLL for (int i = 0; i < m; i++) acc[i][j] = _mm512_dpbf16_ps(acc[i][j], (__m512bh)a[i], b);
        }
    }
    UNROLL for (int i = 0; i < m; i++) UNROLL for (int j = 0; j < n; j++) finish(p, g + i, c + j, (v16)acc[i][j]);
}

COVER(product_bf16_dot_instruction, tile_bf16_dot, 3, 4, 4, 8)
WITHOUT_DENORMALS(product_bf16_dot_hardware, product_bf16_dot_instruction)
TABLE(ck_avx512_bf16_table, product_bf16_dot_hardware, product_q4_1, product_q8_0)
#pragma clang attribute pop
#endif
