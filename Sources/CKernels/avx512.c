// SPDX-License-Identifier: Apache-2.0
#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512vnni,avx2,fma,f16c"))), apply_to = function)
#include <immintrin.h>
#define LANES_F16C 1
#define TILES 3, 4, 4, 8
#define ATTENTION_WIDTH(n) ((n) > 3 ? 2 : 4)
#include <stdint.h>
/// The instruction wants one side unsigned: (a + 128) · b − 128 · b.
static inline __attribute__((always_inline)) int32_t dot_i8(const int8_t *a, const int8_t *b, int64_t n) {
    const __m512i top = _mm512_set1_epi8((char)0x80);
    __m512i sum = _mm512_setzero_si512(), excess = sum;
    for (int64_t i = 0; i < n; i += 64) {
        __mmask64 there = n - i >= 64 ? ~(__mmask64)0 : ((__mmask64)1 << (n - i)) - 1;
        __m512i x = _mm512_maskz_loadu_epi8(there, a + i), y = _mm512_maskz_loadu_epi8(there, b + i);
        sum = _mm512_dpbusd_epi32(sum, _mm512_xor_si512(x, top), y);
        excess = _mm512_dpbusd_epi32(excess, top, y);
    }
    return _mm512_reduce_add_epi32(_mm512_sub_epi32(sum, excess));
}
#include "body.h"

WITHOUT_DENORMALS(product_bf16_dot, product_bf16_dot_plain)

INLINE __m512i four(const int8_t *x) {
    int32_t bits;
    memcpy(&bits, x, 4);
    return _mm512_set1_epi32(bits);
}

/// The eight lines of a block as bytes, low to high k.
INLINE void expand(const ck_format f, const uint8_t *lines, __m512i *w) {
    if (f == CK_Q8_0) {
        UNROLL for (int l = 0; l < 8; l++) w[l] = _mm512_loadu_si512(lines + 64 * l);
        return;
    }
    const __m512i low = _mm512_set1_epi8(15);
    UNROLL for (int l = 0; l < 4; l++) {
        __m512i pair = _mm512_loadu_si512(lines + 64 * l);
        w[l] = _mm512_and_si512(pair, low);
        w[4 + l] = _mm512_and_si512(_mm512_srli_epi16(pair, 4), low);
    }
    // w | (upper bits, moved to their place, & mask) in one operation.
    if (f == CK_Q5_0) {
        const __m512i upper = _mm512_loadu_si512(lines + 256), mask = _mm512_set1_epi8(16);
        UNROLL for (int l = 0; l < 8; l++) {
            __m512i moved = l < 4 ? _mm512_slli_epi16(upper, 4 - l) : _mm512_srli_epi16(upper, l - 4);
            w[l] = _mm512_ternarylogic_epi32(w[l], moved, mask, 0xF8);
        }
    }
    if (f == CK_Q6_K) {
        const __m512i mask = _mm512_set1_epi8(48);
        UNROLL for (int l = 0; l < 8; l++) {
            __m512i upper = _mm512_loadu_si512(lines + 256 + l / 4 * 64);
            __m512i moved = l % 4 < 2 ? _mm512_slli_epi16(upper, 4 - l % 4 * 2) : _mm512_srli_epi16(upper, l % 4 * 2 - 4);
            w[l] = _mm512_ternarylogic_epi32(w[l], moved, mask, 0xF8);
        }
    }
}

/// One group of rows: its memory is one stream, which the processor's own prefetching follows as fast as it can be read.
INLINE void tile_blocks(const ck_format f, const ck_product *p, int64_t g, int64_t c, const int m, const int n) {
    (void)m;
    const int64_t blocks = p->depth / 32;
    const uint8_t *group = (const uint8_t *)p->weights + g * ck_group_bytes(f, p->depth);
    v16 acc[MAX_COLUMNS];
    UNROLL for (int j = 0; j < n; j++) acc[j] = splat(0);
    for (int64_t b = 0; b < blocks; b++) {
        v16 d, e;
        __m512i w[8];
        block_scales(f, group, b, &d, &e);
        expand(f, block_lines(f, group, b), w);
        UNROLL for (int j = 0; j < n; j++) {
            const int8_t *x = (const int8_t *)p->x + (c + j) * p->depth + b * 32;
            __m512i first = _mm512_setzero_si512(), second = first;
            UNROLL for (int l = 0; l < 4; l++) {
                first = _mm512_dpbusd_epi32(first, w[l], four(x + 4 * l));
                second = _mm512_dpbusd_epi32(second, w[4 + l], four(x + 16 + 4 * l));
            }
            v16i dot = (v16i)(has_halves(f) ? first : _mm512_add_epi32(first, second));
            acc[j] = add_block(f, block_excess(f), acc[j], dot, (v16i)second, d, e, p->x_scale + (c + j) * blocks + b);
        }
    }
    UNROLL for (int j = 0; j < n; j++) finish(p, g, c + j, acc[j]);
}

#define PRODUCT_OF(NAME, TILE, FORMAT)                                                                                 \
    INLINE void TILE(const ck_product *p, int64_t g, int64_t c, const int m, const int n) { tile_blocks(FORMAT, p, g, c, m, n); } \
    COVER(NAME, TILE, 1, 1, 1, 1)
PRODUCT_OF(product_q4_1, tile_q4_1, CK_Q4_1)
PRODUCT_OF(product_q8_0, tile_q8_0, CK_Q8_0)
PRODUCT_OF(product_q5_0, tile_q5_0, CK_Q5_0)
PRODUCT_OF(product_q4_k, tile_q4_k, CK_Q4_K)
PRODUCT_OF(product_q6_k, tile_q6_k, CK_Q6_K)
TABLE(ck_avx512_table, product_bf16_dot)

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
TABLE(ck_avx512_bf16_table, product_bf16_dot_hardware)
#pragma clang attribute pop
#endif
