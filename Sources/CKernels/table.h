// SPDX-License-Identifier: Apache-2.0
// The table of kernels that each instruction set fills in; dispatch.c chooses one.
#ifndef CK_TABLE_H
#define CK_TABLE_H
#include "include/CKernels.h"

typedef void (*ck_cover)(const ck_product *p, int64_t g0, int64_t g1, int64_t c0, int64_t c1);

typedef struct {
    ck_cover product[9];  // by ck_format
    void (*quantize_row)(int64_t depth, const float *x, int8_t *q, ck_block_scale *scale);
    void (*unpack_half)(const uint16_t *x, float *out);
    void (*round_row_bf16)(int64_t count, const float *x, uint16_t *out);
    void (*rms_norm_row)(int64_t count, const float *x, const float *weight, float epsilon, float *out);
    void (*layer_norm_row)(int64_t count, const float *x, const float *weight, const float *bias, float epsilon, float *out);
    void (*softmax_row)(int64_t count, const float *x, float *out);
    void (*l2_normalize_row)(int64_t count, const float *x, float *out);
    void (*add)(int64_t count, const float *a, const float *b, float *out);
    void (*scale)(int64_t count, const float *x, float factor, float *out);
    void (*silu_multiply)(int64_t count, const float *gate, const float *up, float *out);
    void (*gelu)(int64_t count, const float *x, float *out);
    void (*gelu_tanh)(int64_t count, const float *x, float *out);
    void (*tanh)(int64_t count, const float *x, float *out);
    void (*exp)(int64_t count, const float *x, float *out);
    void (*rotate_row)(int64_t heads, int64_t dimension, const float *x, const float *cosine, const float *sine, float *out);
    void (*attend_f32)(const ck_attention *a);
    void (*attend_f16)(const ck_attention *a);
    void (*keep_f32)(const ck_kept *k);
    void (*keep_f16)(const ck_kept *k);
    void (*scan_f32)(const float *vectors, int64_t count, int64_t dimension, const float *query, float *scores);
    float (*round_row_i8)(int64_t count, const float *x, int8_t *out);
    void (*scan_i8)(const int8_t *rows, const float *factors, int64_t count, int64_t dimension, const int8_t *query, float factor, float *scores);
    int32_t (*dot_i8)(const int8_t *a, const int8_t *b, int64_t count);
} ck_table;

extern const ck_table ck_scalar_table;
#if defined(__x86_64__)
extern const ck_table ck_avx2_table, ck_avx512_table, ck_avx512_bf16_table;
#endif
#endif
