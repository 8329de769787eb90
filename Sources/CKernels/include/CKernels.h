// SPDX-License-Identifier: Apache-2.0
#ifndef CKERNELS_H
#define CKERNELS_H

#include <stddef.h>
#include <stdint.h>

// The hot loops. Every kernel exists for each instruction set and gives the same bits in all of them: a lane is an
// output row, the inner index ascends, each multiply-add is one fused operation, reductions along a row use 16 lanes
// and one tree. Kernels allocate nothing; who calls them splits the work over threads.

// MARK: instruction sets

typedef enum { CK_SCALAR = 0, CK_AVX2 = 1, CK_AVX512 = 2, CK_NEON = 3 } ck_isa;

/// The best set that this processor has.
ck_isa ck_isa_available(void);
/// The set in use: the best one unless lowered.
ck_isa ck_isa_current(void);
/// Lowers (or restores) the set in use; 0 if done, -1 if this processor lacks it.
int ck_isa_select(ck_isa isa);

// MARK: products

/// How weights lie in memory: groups of 16 rows, row tails filled with zeros. `k` runs along the inner index.
typedef enum {
    CK_F32 = 0,   // [k][16] float
    CK_F16 = 1,   // [k][16] binary16
    CK_BF16 = 2,  // [k/2][16][2] bfloat16, k filled to an even number; activations F32
    CK_Q4_1 = 3,  // blocks of 32 k: 16 half d, 16 half m, then the block's lines (see blocks.h)
    CK_Q8_0 = 4,  // pairs of blocks of 32 k: 16 half d of each, then the lines of each
    CK_BF16_DOT = 5, // as CK_BF16 with activations rounded to bfloat16 too: two fused multiply-adds, the odd k first
    CK_Q5_0 = 6,  // as CK_Q8_0
    CK_Q4_K = 7,  // blocks of 256 k: 16 half d, 16 half dmin, 8 x 16 scales, 8 x 16 minima in bytes; 8 blocks' lines
    CK_Q6_K = 8   // blocks of 256 k: 16 half d, 32 bytes unused, 16 x 16 scales in bytes; 8 blocks' lines
} ck_format;

/// Bytes of one group of 16 rows.
int64_t ck_group_bytes(ck_format format, int64_t depth);

/// Packs 16 rows (fewer at the end: `rows`) of a row-major source into one group.
/// Sources: CK_F32 from float, CK_F16 from binary16, CK_BF16* from bfloat16, quantised ones from GGML's blocks.
void ck_pack_group(ck_format format, int64_t rows, int64_t depth, const void *source, int64_t source_stride, void *group);

/// A row of GGML's Q4_0 as Q4_1 of the same values: the minimum of a block is -8 d.
void ck_q4_0_to_q4_1(int64_t depth, const void *in, void *out);

/// One row of packed weights as floats.
void ck_unpack_row(ck_format format, int64_t depth, const void *weights, int64_t row, float *out);

/// The value of a binary16 number, exactly.
float ck_half_value(uint16_t half);

/// What belongs to 32 activations of 8 bits.
typedef struct {
    float scale;       // value = scale * q
    float scaled_sum;  // scale * sum
    float sum;         // of the 32 q: a whole number, exact
    float first;       // of the first 16
} ck_block_scale;

/// out[n, m] = sum over k of weights[m, k] * x[n, k] (+ bias[m]) (+ residual[n, m]).
typedef struct {
    ck_format format;
    int64_t rows;           // M
    int64_t depth;          // K
    const void *weights;    // ceil(M / 16) groups
    const void *x;          // [N, K] float; CK_BF16_DOT: [N, K filled to even] bfloat16; quantised: [N, K] int8
    const ck_block_scale *x_scale;  // quantised: [N, K / 32]
    const float *bias;      // [M] or NULL
    const float *residual;  // [N, M] or NULL: added last
    float *out;             // [N, M]
    int64_t out_stride;     // floats from one row of out (and of residual) to the next
} ck_product;

/// Computes rows 16 * first_group ..< 16 * last_group for the columns (rows of x) first ..< last.
void ck_product_run(const ck_product *product, int64_t first_group, int64_t last_group, int64_t first, int64_t last);

/// Rounds a row to 8 bits in blocks of 32: scale = largest magnitude / 127, nearest even.
void ck_quantize_row(int64_t depth, const float *x, int8_t *q, ck_block_scale *scale);
/// Rounds a row to bfloat16, nearest even; an odd `count` is filled with one zero.
void ck_round_row_bf16(int64_t count, const float *x, uint16_t *out);

// MARK: rows

void ck_rms_norm_row(int64_t count, const float *x, const float *weight, float epsilon, float *out);
void ck_layer_norm_row(int64_t count, const float *x, const float *weight, const float *bias, float epsilon, float *out);
void ck_softmax_row(int64_t count, const float *x, float *out);
void ck_l2_normalize_row(int64_t count, const float *x, float *out);
void ck_add(int64_t count, const float *a, const float *b, float *out);
void ck_scale(int64_t count, const float *x, float factor, float *out);
void ck_silu_multiply(int64_t count, const float *gate, const float *up, float *out);
void ck_gelu(int64_t count, const float *x, float *out);
void ck_gelu_tanh(int64_t count, const float *x, float *out);
void ck_tanh(int64_t count, const float *x, float *out);
void ck_exp(int64_t count, const float *x, float *out);
/// Rotates `heads` heads of `dimension` by the angles whose cosines and sines are given (half-split pairs: i, i + dimension/2).
void ck_rotate_row(int64_t heads, int64_t dimension, const float *x, const float *cosine, const float *sine, float *out);
/// Cosine and sine of an angle in radians, |angle| < 2^20: the same bits on every machine.
void ck_cosine_sine(double angle, float *cosine, float *sine);

// MARK: attention

#define CK_BLOCK 64   // positions in one block of a key-value cache
#define CK_CUT 256    // positions reduced alone before cuts are joined in order

/// Bytes of keys (or values) of one head in one block; keys lie as [dimension][64], values as [64][dimension filled to 16].
int64_t ck_key_bytes(int half, int64_t dimension);
int64_t ck_value_bytes(int half, int64_t dimension);
/// One head's keys and values of `count` positions in a row, from `slot` on in one block.
typedef struct {
    int half;                       // the block holds binary16 instead of float
    int64_t dimension;
    int64_t count, slot;            // slot + count <= CK_BLOCK
    const float *key, *value;       // the next position's follow after `stride` floats
    int64_t stride;
    void *keys, *values;            // the block's
} ck_kept;

/// Puts them into the block.
void ck_keep(const ck_kept *kept);

/// One head of keys and values, several queries: `group` heads of `tokens` tokens.
typedef struct {
    int half;                     // keys and values are binary16 instead of float
    int64_t dimension;
    int64_t tokens, group;
    const float *q;               // token t, head g at q + t * q_stride + g * dimension
    int64_t q_stride;
    const int32_t *ends;          // token t sees the positions 0 ..< ends[t]
    const void *const *keys;      // a pointer for each block
    const void *const *values;
    float scale;
    float *out;                   // laid out as q
    int64_t out_stride;
} ck_attention;

void ck_attention_run(const ck_attention *attention);

// MARK: search

/// Inner products of `count` vectors (rows of `dimension` values, densely packed) with one query.
void ck_scan_f32(const float *vectors, int64_t count, int64_t dimension, const float *query, float *scores);

/// Rounds a vector to bytes from -127 to 127 and returns the factor that they stand for.
float ck_round_row_i8(int64_t count, const float *x, int8_t *out);
/// As ck_scan_f32, over rows and a query that ck_round_row_i8 has rounded: exact products times both factors.
void ck_scan_i8(const int8_t *rows, const float *factors, int64_t count, int64_t dimension, const int8_t *query, float factor, float *scores);
/// The inner product of two rows of bytes; `b` holds no -128. Exact up to a dimension of 131,072.
int32_t ck_dot_i8(const int8_t *a, const int8_t *b, int64_t count);

// MARK: memory and threads

/// Zeroed memory, 64-byte aligned, in huge pages where it is large; NULL if there is none.
void *ck_allocate(size_t bytes);
void ck_release(void *memory, size_t bytes);

/// How many threads this process may use: affinity and cgroup quota, capped at the physical cores.
int ck_default_threads(void);
/// Threads used by ck_parallel, the caller included.
int ck_threads(void);
void ck_set_threads(int count);
/// Calls task(context, i) for every i in 0 ..< count on the process-wide pool and returns when all are done.
void ck_parallel(int64_t count, void (*task)(void *context, int64_t index), void *context);

#endif
