// SPDX-License-Identifier: Apache-2.0
// Everything that one instruction set shares with the others. The including file has set its target attributes and
// defines LANES_F16C, TILES (how many groups of rows a tile holds for 8, 4, 2 and 1 columns) and ATTENTION_WIDTH (see
// attention.h).
#include "lanes.h"
#include "table.h"
#include "products.h"
#include "blocks.h"
#include "rows.h"

COVER(product_f32, tile_f32, TILES)
COVER(product_f16, tile_f16, TILES)
COVER(product_bf16, tile_bf16, TILES)
COVER(product_bf16_dot_plain, tile_bf16_dot_plain, TILES)

#if defined(__x86_64__)
/// The product with denormals as zero, in and out, for the length of the call: what the bfloat16 dot instruction does
/// whatever the mode, and so must the addition of the bias after it. The call goes through a volatile pointer so that
/// no arithmetic moves across the change of mode.
#define WITHOUT_DENORMALS(NAME, PRODUCT)                                                                               \
    static void NAME(const ck_product *p, int64_t g0, int64_t g1, int64_t c0, int64_t c1) {                            \
        unsigned state = _mm_getcsr();                                                                                 \
        _mm_setcsr(state | 0x8040);                                                                                    \
        const volatile ck_cover inner = PRODUCT;                                                                       \
        inner(p, g0, g1, c0, c1);                                                                                      \
        _mm_setcsr(state);                                                                                             \
    }
#else
#define WITHOUT_DENORMALS(NAME, PRODUCT)                                                                               \
    static void NAME(const ck_product *p, int64_t g0, int64_t g1, int64_t c0, int64_t c1) { PRODUCT(p, g0, g1, c0, c1); }
#endif

#define ELEMENT float
#define LOAD_ELEMENTS load
#define STORE_ELEMENTS store
#define NAME(x) x##_f32
#include "attention.h"

#define ELEMENT uint16_t
#define LOAD_ELEMENTS half_load
#define STORE_ELEMENTS half_store
#define NAME(x) x##_f16
#include "attention.h"

static void unpack_half(const uint16_t *x, float *out) { store(out, half_load(x)); }

#define TABLE(NAME, BF16_DOT)                                                                                          \
    const ck_table NAME = {                                                                                            \
        .product = {product_f32, product_f16, product_bf16, product_q4_1, product_q8_0, BF16_DOT, product_q5_0,        \
                    product_q4_k, product_q6_k},                                                                       \
        .quantize_row = quantize_row, .unpack_half = unpack_half, .round_row_bf16 = round_row_bf16,                            \
        .rms_norm_row = rms_norm_row, .layer_norm_row = layer_norm_row, .softmax_row = softmax_row,                    \
        .l2_normalize_row = l2_normalize_row, .add = add, .scale = scale, .silu_multiply = silu_multiply,              \
        .gelu = gelu, .gelu_tanh = gelu_tanh, .tanh = tanh_row, .exp = exp_row, .rotate_row = rotate_row,              \
        .attend_f32 = attend_f32, .attend_f16 = attend_f16, .keep_f32 = keep_f32, .keep_f16 = keep_f16,                \
        .scan_f32 = scan_f32, .round_row_i8 = round_row_i8, .scan_i8 = scan_i8, .dot_i8 = dot_row_i8,                    \
    };
