// SPDX-License-Identifier: Apache-2.0
// Weights into groups of 16 rows and single rows back out; activations to bfloat16. The same for every instruction set.
#include "lanes.h"
#include "table.h"

void ck_unpack_half(const uint16_t *x, float *out);

int64_t ck_group_bytes(ck_format format, int64_t depth) {
    switch (format) {
    case CK_F32: return depth * 64;
    case CK_F16: return depth * 32;
    case CK_BF16: case CK_BF16_DOT: return (depth + 1) / 2 * 64;
    case CK_Q4_1: return depth / 32 * 320;
    case CK_Q8_0: return depth / 32 * 544;
    }
    return 0;
}

static void pack_q4_1(int64_t rows, int64_t depth, const uint8_t *source, int64_t stride, uint8_t *group) {
    for (int64_t r = 0; r < rows; r++) {
        for (int64_t b = 0; b < depth / 32; b++) {
            const uint8_t *in = source + r * stride + b * 20;
            uint8_t *out = group + b * 320;
            memcpy(out + 2 * r, in, 2);
            memcpy(out + 32 + 2 * r, in + 2, 2);
            for (int line = 0; line < 4; line++) memcpy(out + 64 + 64 * line + 4 * r, in + 4 + 4 * line, 4);
        }
    }
}

static void pack_q8_0(int64_t rows, int64_t depth, const uint8_t *source, int64_t stride, uint8_t *group) {
    for (int64_t r = 0; r < rows; r++) {
        for (int64_t b = 0; b < depth / 32; b++) {
            const uint8_t *in = source + r * stride + b * 34;
            uint8_t *out = group + b * 544;
            memcpy(out + 2 * r, in, 2);
            for (int line = 0; line < 8; line++) {
                uint32_t four;
                memcpy(&four, in + 2 + 4 * line, 4);
                four ^= 0x80808080u;
                memcpy(out + 32 + 64 * line + 4 * r, &four, 4);
            }
        }
    }
}

void ck_pack_group(ck_format format, int64_t rows, int64_t depth, const void *source, int64_t stride, void *group) {
    if (rows < 16) memset(group, 0, (size_t)ck_group_bytes(format, depth));
    const uint8_t *in = source;
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
    case CK_Q4_1: pack_q4_1(rows, depth, in, stride, group); break;
    case CK_Q8_0: pack_q8_0(rows, depth, in, stride, group); break;
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
    case CK_Q4_1:
        for (int64_t b = 0; b < depth / 32; b++) {
            const uint8_t *block = group + b * 320;
            float d = half_at(block + 2 * r), m = half_at(block + 32 + 2 * r);
            for (int i = 0; i < 16; i++) {
                uint8_t pair = block[64 + i / 4 * 64 + r * 4 + i % 4];
                out[b * 32 + i] = d * (float)(pair & 15) + m;
                out[b * 32 + 16 + i] = d * (float)(pair >> 4) + m;
            }
        }
        break;
    case CK_Q8_0:
        for (int64_t b = 0; b < depth / 32; b++) {
            const uint8_t *block = group + b * 544;
            float d = half_at(block + 2 * r);
            for (int i = 0; i < 32; i++) out[b * 32 + i] = d * (float)((int)block[32 + i / 4 * 64 + r * 4 + i % 4] - 128);
        }
        break;
    }
}

void ck_round_row_bf16(int64_t count, const float *x, uint16_t *out) {
    for (int64_t i = 0; i < count; i++) out[i] = bf16_from(x[i]);
    if (count % 2) out[count] = 0;
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
