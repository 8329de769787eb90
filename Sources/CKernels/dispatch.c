// SPDX-License-Identifier: Apache-2.0
#include <stdatomic.h>

#include "table.h"

static _Atomic(const ck_table *) chosen;
static _Atomic int chosen_isa;

static const ck_table *table_of(ck_isa isa) {
    switch (isa) {
#if defined(__x86_64__)
    case CK_AVX512:
        __builtin_cpu_init();
        if (!__builtin_cpu_supports("avx512vnni") || !__builtin_cpu_supports("avx512bw") ||
            !__builtin_cpu_supports("avx512vl") || !__builtin_cpu_supports("avx512dq")) return NULL;
        return __builtin_cpu_supports("avx512bf16") ? &ck_avx512_bf16_table : &ck_avx512_table;
    case CK_AVX2:
        __builtin_cpu_init();
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c") ? &ck_avx2_table : NULL;
#elif defined(__aarch64__)
    case CK_NEON: return &ck_scalar_table;  // the compiler's NEON code of the plain source; Arm always has it
#endif
    case CK_SCALAR: return &ck_scalar_table;
    default: return NULL;
    }
}

ck_isa ck_isa_available(void) {
    static const ck_isa order[] = {CK_AVX512, CK_AVX2, CK_NEON};
    for (int i = 0; i < 3; i++) if (table_of(order[i])) return order[i];
    return CK_SCALAR;
}

int ck_isa_select(ck_isa isa) {
    const ck_table *table = table_of(isa);
    if (!table) return -1;
    atomic_store(&chosen_isa, (int)isa);
    atomic_store(&chosen, table);
    return 0;
}

static const ck_table *kernels(void) {
    const ck_table *table = atomic_load_explicit(&chosen, memory_order_acquire);
    if (table) return table;
    ck_isa_select(ck_isa_available());
    return atomic_load(&chosen);
}

ck_isa ck_isa_current(void) {
    kernels();
    return (ck_isa)atomic_load(&chosen_isa);
}

void ck_product_run(const ck_product *p, int64_t first_group, int64_t last_group, int64_t first, int64_t last) {
    kernels()->product[p->format](p, first_group, last_group, first, last);
}
void ck_quantize_row(int64_t depth, const float *x, int8_t *q, ck_block_scale *scale) { kernels()->quantize_row(depth, x, q, scale); }
void ck_rms_norm_row(int64_t n, const float *x, const float *w, float epsilon, float *out) { kernels()->rms_norm_row(n, x, w, epsilon, out); }
void ck_layer_norm_row(int64_t n, const float *x, const float *w, const float *b, float epsilon, float *out) { kernels()->layer_norm_row(n, x, w, b, epsilon, out); }
void ck_softmax_row(int64_t n, const float *x, float *out) { kernels()->softmax_row(n, x, out); }
void ck_l2_normalize_row(int64_t n, const float *x, float *out) { kernels()->l2_normalize_row(n, x, out); }
void ck_add(int64_t n, const float *a, const float *b, float *out) { kernels()->add(n, a, b, out); }
void ck_scale(int64_t n, const float *x, float factor, float *out) { kernels()->scale(n, x, factor, out); }
void ck_silu_multiply(int64_t n, const float *gate, const float *up, float *out) { kernels()->silu_multiply(n, gate, up, out); }
void ck_gelu(int64_t n, const float *x, float *out) { kernels()->gelu(n, x, out); }
void ck_gelu_tanh(int64_t n, const float *x, float *out) { kernels()->gelu_tanh(n, x, out); }
void ck_tanh(int64_t n, const float *x, float *out) { kernels()->tanh(n, x, out); }
void ck_exp(int64_t n, const float *x, float *out) { kernels()->exp(n, x, out); }
void ck_rotate_row(int64_t heads, int64_t dimension, const float *x, const float *cosine, const float *sine, float *out) { kernels()->rotate_row(heads, dimension, x, cosine, sine, out); }
void ck_attention_run(const ck_attention *a) { if (a->half) kernels()->attend_f16(a); else kernels()->attend_f32(a); }
void ck_scan_f32(const float *vectors, int64_t count, int64_t dimension, const float *query, float *scores) { kernels()->scan_f32(vectors, count, dimension, query, scores); }
float ck_round_row_i8(int64_t count, const float *x, int8_t *out) { return kernels()->round_row_i8(count, x, out); }
void ck_scan_i8(const int8_t *rows, const float *factors, int64_t count, int64_t dimension, const int8_t *query, float factor, float *scores) { kernels()->scan_i8(rows, factors, count, dimension, query, factor, scores); }
int32_t ck_dot_i8(const int8_t *a, const int8_t *b, int64_t count) { return kernels()->dot_i8(a, b, count); }

int64_t ck_key_bytes(int half, int64_t dimension) { return dimension * CK_BLOCK * (half ? 2 : 4); }
int64_t ck_value_bytes(int half, int64_t dimension) { return (dimension + 15) / 16 * 16 * CK_BLOCK * (half ? 2 : 4); }

void ck_keep(const ck_kept *k) { if (k->half) kernels()->keep_f16(k); else kernels()->keep_f32(k); }
void ck_round_row_bf16(int64_t count, const float *x, uint16_t *out) { kernels()->round_row_bf16(count, x, out); }
void ck_unpack_half(const uint16_t *x, float *out) { kernels()->unpack_half(x, out); }
