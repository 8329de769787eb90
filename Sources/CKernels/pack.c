// SPDX-License-Identifier: Apache-2.0
// Weights into groups of 16 rows and single rows back out; activations to bfloat16. The same for every instruction set.
#define LANES_F16C 0
#include "lanes.h"
#include "blocks.h"

void ck_unpack_half(const uint16_t *x, float *out);

int64_t ck_group_bytes(ck_format format, int64_t depth) {
    switch (format) {
    case CK_F32: return depth * 64;
    case CK_F16: return depth * 32;
    case CK_BF16: case CK_BF16_DOT: return (depth + 1) / 2 * 64;
    case CK_Q4_1: return depth / 32 * 320;
    case CK_Q5_0: case CK_Q8_0: return (depth / 32 + 1) / 2 * 64 + depth / 32 * lines_bytes(format);
    case CK_Q4_K: return depth / 256 * 2368;
    case CK_Q6_K: return depth / 256 * 3392;
    }
    return 0;
}

/// Puts value k of a block (its low 4 bits, then whatever lies above) into the place of row r among the lines.
INLINE void put(const ck_format f, uint8_t *lines, int r, int k, int value) {
    const int line = k / 4, byte = r * 4 + k % 4;
    if (k < 16) lines[line * 64 + byte] |= (uint8_t)(value & 15); else lines[(line - 4) * 64 + byte] |= (uint8_t)(value << 4);
    if (f == CK_Q6_K) lines[256 + line / 4 * 64 + byte] |= (uint8_t)(value >> 4 << line % 4 * 2);
}

/// GGML's four bits of 32 values, which lie as ours do: k in the low and k + 16 in the high bits.
INLINE void copy_nibbles(uint8_t *lines, int64_t r, const uint8_t *nibbles) {
    for (int line = 0; line < 4; line++) memcpy(lines + 64 * line + 4 * r, nibbles + 4 * line, 4);
}

static void pack_row_q4_1(uint8_t *group, int64_t blocks, int64_t r, const uint8_t *in) {
    for (int64_t b = 0; b < blocks; b++, in += 20) {
        memcpy(group + b * 320 + 2 * r, in, 2);
        memcpy(group + b * 320 + 32 + 2 * r, in + 2, 2);
        copy_nibbles(group + b * 320 + 64, r, in + 4);
    }
}

/// Minus eight times a binary16 number: exact, but infinite where that is beyond the largest of them.
static uint16_t minus_eight_times(uint16_t half) {
    uint16_t magnitude = half & 0x7FFF, sign = (half ^ 0x8000) & 0x8000;
    for (int doubling = 0; doubling < 3; doubling++) {
        if (magnitude < 0x0400) magnitude = (uint16_t)(magnitude << 1);  // subnormal, or its first step out
        else magnitude = magnitude < 0x7800 ? (uint16_t)(magnitude + 0x0400) : magnitude >= 0x7C00 ? magnitude : 0x7C00;
    }
    return sign | magnitude;
}

void ck_q4_0_to_q4_1(int64_t depth, const void *in, void *out) {
    const uint8_t *from = in;
    uint8_t *to = out;
    for (int64_t b = 0; b < depth / 32; b++, from += 18, to += 20) {
        uint16_t scale;
        memcpy(&scale, from, 2);
        uint16_t minimum = minus_eight_times(scale);
        memcpy(to, &scale, 2);
        memcpy(to + 2, &minimum, 2);
        memcpy(to + 4, from + 2, 16);
    }
}

static void pack_row_q8_0(uint8_t *group, int64_t blocks, int64_t r, const uint8_t *in) {
    for (int64_t b = 0; b < blocks; b++, in += 34) {
        memcpy((uint8_t *)block_pair(CK_Q8_0, group, b) + b % 2 * 32 + 2 * r, in, 2);
        uint8_t *lines = (uint8_t *)block_lines(CK_Q8_0, group, b);
        for (int line = 0; line < 8; line++) {
            uint32_t four;
            memcpy(&four, in + 2 + 4 * line, 4);
            four ^= 0x80808080u;
            memcpy(lines + 64 * line + 4 * r, &four, 4);
        }
    }
}

static void pack_row_q5_0(uint8_t *group, int64_t blocks, int64_t r, const uint8_t *in) {
    for (int64_t b = 0; b < blocks; b++, in += 22) {
        memcpy((uint8_t *)block_pair(CK_Q5_0, group, b) + b % 2 * 32 + 2 * r, in, 2);
        uint8_t *lines = (uint8_t *)block_lines(CK_Q5_0, group, b);
        copy_nibbles(lines, r, in + 6);
        uint32_t fifth, line_bits[4] = {0};
        memcpy(&fifth, in + 2, 4);  // bit k belongs to value k
        for (int k = 0; k < 32; k++) line_bits[k % 4] |= (fifth >> k & 1) << k / 4;
        for (int i = 0; i < 4; i++) lines[256 + 4 * r + i] = (uint8_t)line_bits[i];
    }
}

/// Scale and minimum j of eight, six bits each (ggml-quants.c, get_scale_min_k4).
INLINE void scale_min(const uint8_t *packed, int j, uint8_t *scale, uint8_t *minimum) {
    if (j < 4) {
        *scale = packed[j] & 63;
        *minimum = packed[j + 4] & 63;
    } else {
        *scale = (uint8_t)((packed[j + 4] & 15) | packed[j - 4] >> 6 << 4);
        *minimum = (uint8_t)(packed[j + 4] >> 4 | packed[j] >> 6 << 4);
    }
}

static void pack_row_q4_k(uint8_t *group, int64_t blocks, int64_t r, const uint8_t *in) {
    for (int64_t s = 0; s < blocks / 8; s++, in += 144) {
        uint8_t *super = group + s * 2368;
        memcpy(super + 2 * r, in, 2);
        memcpy(super + 32 + 2 * r, in + 2, 2);
        for (int j = 0; j < 8; j++) {
            scale_min(in + 4, j, super + 64 + 16 * j + r, super + 192 + 16 * j + r);
            const uint8_t *quants = in + 16 + j / 2 * 32;
            uint32_t even[8];  // 32 values in the low or the high bits of 32 bytes
            memcpy(even, quants, 32);
            uint8_t *lines = super + 320 + 256 * j;
            for (int line = 0; line < 4; line++) {
                uint32_t low = even[line] >> j % 2 * 4 & 0x0F0F0F0Fu, high = even[line + 4] >> j % 2 * 4 & 0x0F0F0F0Fu;
                uint32_t pair = low | high << 4;
                memcpy(lines + 64 * line + 4 * r, &pair, 4);
            }
        }
    }
}

static void pack_row_q6_k(uint8_t *group, int64_t blocks, int64_t r, const uint8_t *in) {
    for (int64_t s = 0; s < blocks / 8; s++, in += 210) {
        uint8_t *super = group + s * 3392;
        memcpy(super + 2 * r, in + 208, 2);
        for (int j = 0; j < 16; j++) super[64 + 16 * j + r] = in[192 + j];
        for (int j = 0; j < 8; j++) {
            // 128 values: quarter q = j % 4 has its low bits in half the 64 bytes, its high bits at 2q.
            const uint8_t *low = in + j / 4 * 64 + j % 2 * 32, *high = in + 128 + j / 4 * 32;
            uint8_t *lines = super + 320 + 384 * j;
            for (int k = 0; k < 32; k++) {
                int value = (low[k] >> j % 4 / 2 * 4 & 15) | (high[k] >> j % 4 * 2 & 3) << 4;
                put(CK_Q6_K, lines, (int)r, k, value);
            }
        }
    }
}

void ck_pack_group(ck_format format, int64_t rows, int64_t depth, const void *source, int64_t stride, void *group) {
    // Rows that are missing count as zero; the bits of some formats are gathered one by one.
    if (rows < 16 || format >= CK_Q5_0) memset(group, 0, (size_t)ck_group_bytes(format, depth));
    const uint8_t *in = source;
    const int64_t blocks = depth / 32;
    switch (format) {
    case CK_F32:
        for (int64_t r = 0; r < rows; r++) {
            const float *row = (const float *)(in + r * stride);
            for (int64_t k = 0; k < depth; k++) ((float *)group)[k * 16 + r] = row[k];
        }
        break;
    case CK_F16:
        for (int64_t r = 0; r < rows; r++) {
            const uint16_t *row = (const uint16_t *)(in + r * stride);
            for (int64_t k = 0; k < depth; k++) ((uint16_t *)group)[k * 16 + r] = row[k];
        }
        break;
    case CK_BF16: case CK_BF16_DOT:
        if (depth % 2) memset((uint16_t *)group + depth / 2 * 32, 0, 64);
        for (int64_t r = 0; r < rows; r++) {
            const uint16_t *row = (const uint16_t *)(in + r * stride);
            for (int64_t k = 0; k < depth; k++) ((uint16_t *)group)[k / 2 * 32 + r * 2 + k % 2] = row[k];
        }
        break;
    case CK_Q4_1: for (int64_t r = 0; r < rows; r++) pack_row_q4_1(group, blocks, r, in + r * stride); break;
    case CK_Q8_0: for (int64_t r = 0; r < rows; r++) pack_row_q8_0(group, blocks, r, in + r * stride); break;
    case CK_Q5_0: for (int64_t r = 0; r < rows; r++) pack_row_q5_0(group, blocks, r, in + r * stride); break;
    case CK_Q4_K: for (int64_t r = 0; r < rows; r++) pack_row_q4_k(group, blocks, r, in + r * stride); break;
    case CK_Q6_K: for (int64_t r = 0; r < rows; r++) pack_row_q6_k(group, blocks, r, in + r * stride); break;
    }
}

float ck_half_value(uint16_t half) {
    uint16_t sixteen[16] = {half};
    float out[16];
    ck_unpack_half(sixteen, out);
    return out[0];
}

static float half_at(const uint8_t *p) {
    uint16_t half;
    memcpy(&half, p, 2);
    return ck_half_value(half);
}

/// The true values of a row, as GGML's dequantize_row_* computes them.
static void unpack_blocks(ck_format f, const uint8_t *group, int64_t blocks, int r, float *out) {
    for (int64_t b = 0; b < blocks; b++, out += 32) {
        v16 d, e;
        block_scales(f, group, b, &d, &e);
        const uint8_t *lines = block_lines(f, group, b);
        for (int k = 0; k < 32; k++) {
            float value = (float)(quant_at(f, lines, r, k) - block_excess(f)) * (has_halves(f) && k >= 16 ? e[r] : d[r]);
            out[k] = has_minimum(f) ? value + e[r] : value;
        }
    }
}

void ck_unpack_row(ck_format format, int64_t depth, const void *weights, int64_t row, float *out) {
    const uint8_t *group = (const uint8_t *)weights + row / 16 * ck_group_bytes(format, depth);
    int64_t r = row % 16;
    switch (format) {
    case CK_F32:
        for (int64_t k = 0; k < depth; k++) out[k] = ((const float *)group)[k * 16 + r];
        break;
    case CK_F16:
        for (int64_t k = 0; k < depth; k++) out[k] = half_at(group + (k * 16 + r) * 2);
        break;
    case CK_BF16: case CK_BF16_DOT:
        for (int64_t k = 0; k < depth; k++) {
            uint32_t bits = (uint32_t)((const uint16_t *)group)[k / 2 * 32 + r * 2 + k % 2] << 16;
            memcpy(out + k, &bits, 4);
        }
        break;
    default: unpack_blocks(format, group, depth / 32, (int)r, out);
    }
}

void ck_cosine_sine(double angle, float *cosine, float *sine) {
    // Cody and Waite's reduction by pi/2 in three parts, then the kernels of fdlibm (s_sin.c, k_cos.c); no libm.
    double n = __builtin_rint(angle * 0.63661977236758134308);
    double r = __builtin_fma(n, -1.57079632673412561417e+00, angle);
    r = __builtin_fma(n, -6.07710050630396597660e-11, r);
    r = __builtin_fma(n, -2.02226624879595063154e-21, r);
    double z = r * r;
    double s = r + r * z * (-1.66666666666666324348e-01 + z * (8.33333333332248946124e-03 + z * (-1.98412698298579493134e-04 +
               z * (2.75573137070700676789e-06 + z * (-2.50507602534068634195e-08 + z * 1.58969099521155010221e-10)))));
    double c = 1.0 - 0.5 * z + z * z * (4.16666666666666019037e-02 + z * (-1.38888888888741095749e-03 + z * (2.48015872894767294178e-05 +
               z * (-2.75573143513906633035e-07 + z * (2.08757232129817482790e-09 + z * -1.13596475577881948265e-11)))));
    switch ((int64_t)n & 3) {
    case 0: *cosine = (float)c; *sine = (float)s; break;
    case 1: *cosine = (float)-s; *sine = (float)c; break;
    case 2: *cosine = (float)-c; *sine = (float)-s; break;
    default: *cosine = (float)s; *sine = (float)-c; break;
    }
}
