// SPDX-License-Identifier: Apache-2.0
// The plain versions: what the compiler makes of the source for any processor, and quantised products as they are defined.
#define LANES_F16C 0
#define TILES 0, 1, 0, 1
#if defined(__x86_64__)
#include <xmmintrin.h>
#endif
#include "body.h"

WITHOUT_DENORMALS(product_bf16_dot, product_bf16_dot_plain)

static float half_value(const uint16_t *p) {
    uint16_t sixteen[16] = {*p};
    return half_load(sixteen)[0];
}

static void product_q4_1(const ck_product *p, int64_t g0, int64_t g1, int64_t c0, int64_t c1) {
    const int64_t blocks = p->depth / 32;
    for (int64_t g = g0; g < g1; g++) {
        for (int64_t c = c0; c < c1; c++) {
            float acc[16] = {0};
            for (int64_t b = 0; b < blocks; b++) {
                const uint8_t *block = (const uint8_t *)p->weights + (g * blocks + b) * 320, *lines = block + 64;
                const int8_t *x = (const int8_t *)p->x + c * p->depth + b * 32;
                float dx = p->x_scale[c * blocks + b];
                float sx = dx * (float)p->x_sum[c * blocks + b];
                for (int r = 0; r < 16; r++) {
                    int32_t dot = 0;
                    for (int i = 0; i < 16; i++) {
                        uint8_t pair = lines[i / 4 * 64 + r * 4 + i % 4];
                        dot += (pair & 15) * x[i] + (pair >> 4) * x[16 + i];
                    }
                    float d = half_value((const uint16_t *)block + r), m = half_value((const uint16_t *)block + 16 + r);
                    acc[r] = __builtin_fmaf((float)dot, d * dx, acc[r]);
                    acc[r] = __builtin_fmaf(m, sx, acc[r]);
                }
            }
            finish(p, g, c, load(acc));
        }
    }
}

static void product_q8_0(const ck_product *p, int64_t g0, int64_t g1, int64_t c0, int64_t c1) {
    const int64_t blocks = p->depth / 32;
    for (int64_t g = g0; g < g1; g++) {
        for (int64_t c = c0; c < c1; c++) {
            float acc[16] = {0};
            for (int64_t b = 0; b < blocks; b++) {
                const uint8_t *block = (const uint8_t *)p->weights + (g * blocks + b) * 544, *lines = block + 32;
                const int8_t *x = (const int8_t *)p->x + c * p->depth + b * 32;
                float dx = p->x_scale[c * blocks + b];
                for (int r = 0; r < 16; r++) {
                    int32_t dot = 0;
                    for (int i = 0; i < 32; i++) dot += ((int)lines[i / 4 * 64 + r * 4 + i % 4] - 128) * x[i];
                    acc[r] = __builtin_fmaf((float)dot, half_value((const uint16_t *)block + r) * dx, acc[r]);
                }
            }
            finish(p, g, c, load(acc));
        }
    }
}

TABLE(ck_scalar_table, product_bf16_dot, product_q4_1, product_q8_0)
