// SPDX-License-Identifier: Apache-2.0
// The plain versions: what the compiler makes of the source for any processor, and quantised products as they are defined.
#define LANES_F16C 0
#define TILES 0, 1, 0, 1
#define ATTENTION_WIDTH(n) ((n) > 3 ? 1 : (n) > 1 ? 2 : 4)
#if defined(__x86_64__)
#include <xmmintrin.h>
#endif
#include <stdint.h>
static inline int32_t dot_i8(const int8_t *a, const int8_t *b, int64_t n) {
    int32_t sum = 0;
    for (int64_t i = 0; i < n; i++) sum += a[i] * b[i];
    return sum;
}
#include "body.h"

WITHOUT_DENORMALS(product_bf16_dot, product_bf16_dot_plain)

INLINE void product_blocks(const ck_format f, const ck_product *p, int64_t g0, int64_t g1, int64_t c0, int64_t c1) {
    const int64_t blocks = p->depth / 32;
    for (int64_t g = g0; g < g1; g++) {
        const uint8_t *group = (const uint8_t *)p->weights + g * ck_group_bytes(f, p->depth);
        for (int64_t c = c0; c < c1; c++) {
            v16 acc = splat(0), d, e;
            for (int64_t b = 0; b < blocks; b++) {
                const uint8_t *lines = block_lines(f, group, b);
                const int8_t *x = (const int8_t *)p->x + c * p->depth + b * 32;
                v16i halves[2] = {splat_i(0), splat_i(0)};
                for (int r = 0; r < 16; r++) {
                    for (int k = 0; k < 32; k++) halves[k / 16][r] += quant_at(f, lines, r, k) * x[k];
                }
                block_scales(f, group, b, &d, &e);
                v16i dot = has_halves(f) ? halves[0] : halves[0] + halves[1];
                acc = add_block(f, block_excess(f), acc, dot, halves[1], d, e, p->x_scale + c * blocks + b);
            }
            finish(p, g, c, acc);
        }
    }
}

#define PRODUCT_OF(NAME, FORMAT)                                                                                       \
    static void NAME(const ck_product *p, int64_t g0, int64_t g1, int64_t c0, int64_t c1) {                            \
        product_blocks(FORMAT, p, g0, g1, c0, c1);                                                                     \
    }
PRODUCT_OF(product_q4_1, CK_Q4_1)
PRODUCT_OF(product_q8_0, CK_Q8_0)
PRODUCT_OF(product_q5_0, CK_Q5_0)
PRODUCT_OF(product_q4_k, CK_Q4_K)
PRODUCT_OF(product_q6_k, CK_Q6_K)

TABLE(ck_scalar_table, product_bf16_dot)
