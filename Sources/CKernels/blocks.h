// SPDX-License-Identifier: Apache-2.0
// Quantised weights of 16 rows, block of 32 k after block: where their parts lie, and how the integer dot product of a
// block becomes part of a sum. Integers are exact in any order; what follows is the same source for every instruction
// set. An instruction set adds how it multiplies integers.
//
// A block's lines hold 4 k of 16 rows each, in 64 bytes, so that a lane is a row:
//   Q8_0        8 lines, each value + 128
//   Q4_1 Q4_K   4 lines, k in the low and k + 16 in the high 4 bits
//   Q5_0        the same, and a line of fifth bits: bit l of byte i belongs to byte i of line l of the eight
//   Q6_K        the same, and two lines of the upper 2 bits: bits 2l, 2l + 1 of byte i to line l of the four
#include "table.h"

/// Bytes of a block's lines.
INLINE int64_t lines_bytes(const ck_format f) {
    switch (f) {
    case CK_Q8_0: return 512;
    case CK_Q6_K: return 384;
    case CK_Q5_0: return 320;
    default: return 256;
    }
}

/// Where block b begins in formats whose factors alone do not fill a line: those of two blocks share the line ahead of
/// both, so that a group is read from its first byte to its last, as the processor's own prefetching expects.
INLINE const uint8_t *block_pair(const ck_format f, const uint8_t *group, int64_t b) {
    return group + b / 2 * (64 + 2 * lines_bytes(f));
}

/// The lines of block b.
INLINE const uint8_t *block_lines(const ck_format f, const uint8_t *group, int64_t b) {
    switch (f) {
    case CK_Q4_1: return group + b * 320 + 64;
    case CK_Q4_K: return group + b / 8 * 2368 + 320 + b % 8 * 256;
    case CK_Q6_K: return group + b / 8 * 3392 + 320 + b % 8 * 384;
    default: return block_pair(f, group, b) + 64 + b % 2 * lines_bytes(f);
    }
}

INLINE v16 bytes_load(const uint8_t *p) {
    v16c bytes;
    memcpy(&bytes, p, 16);
    return __builtin_convertvector(bytes, v16);
}
INLINE v16 signed_bytes_load(const uint8_t *p) {
    v16sc bytes;
    memcpy(&bytes, p, 16);
    return __builtin_convertvector(bytes, v16);
}

/// The factor of a block, and what else its format has: the minimum, or the factor of the block's second half.
/// A factor that is a product of two is exact: 11 bits by 6 or 7.
INLINE void block_scales(const ck_format f, const uint8_t *group, int64_t b, v16 *d, v16 *e) {
    switch (f) {
    case CK_Q4_1: {
        const uint16_t *block = (const uint16_t *)(group + b * 320);
        *d = half_load(block);
        *e = half_load(block + 16);
        break;
    }
    case CK_Q4_K: {
        const uint8_t *super = group + b / 8 * 2368;
        *d = half_load((const uint16_t *)super) * bytes_load(super + 64 + b % 8 * 16);
        *e = (splat(0) - half_load((const uint16_t *)super + 16)) * bytes_load(super + 192 + b % 8 * 16);
        break;
    }
    case CK_Q6_K: {
        const uint8_t *super = group + b / 8 * 3392;
        v16 scale = half_load((const uint16_t *)super);
        *d = scale * signed_bytes_load(super + 64 + b % 8 * 32);
        *e = scale * signed_bytes_load(super + 64 + b % 8 * 32 + 16);
        break;
    }
    default: *d = *e = half_load((const uint16_t *)(block_pair(f, group, b) + b % 2 * 32));
    }
}

/// What the stored values exceed the true ones by.
INLINE int block_excess(const ck_format f) { return f == CK_Q8_0 ? 128 : f == CK_Q6_K ? 32 : f == CK_Q5_0 ? 16 : 0; }
/// Whether the halves of a block have factors of their own.
INLINE int has_halves(const ck_format f) { return f == CK_Q6_K; }
INLINE int has_minimum(const ck_format f) { return f == CK_Q4_1 || f == CK_Q4_K; }

/// The stored value of row r and place k of a block.
INLINE int32_t quant_at(const ck_format f, const uint8_t *lines, int r, int k) {
    const int line = k / 4, byte = r * 4 + k % 4;
    if (f == CK_Q8_0) return lines[line * 64 + byte];
    int32_t value = k < 16 ? lines[line * 64 + byte] & 15 : lines[(line - 4) * 64 + byte] >> 4;
    if (f == CK_Q5_0) value |= (lines[256 + byte] >> line & 1) << 4;
    if (f == CK_Q6_K) value |= (lines[256 + line / 4 * 64 + byte] >> line % 4 * 2 & 3) << 4;
    return value;
}

/// A sum and what a block adds to it. `dot` and `half` are the integer products of the block, or of its halves where
/// these have factors of their own, with values that exceed the true ones by `excess`. Taking that off is exact: all are
/// whole numbers below 2^24.
INLINE v16 add_block(const ck_format f, const float excess, v16 acc, v16i dot, v16i half, v16 d, v16 e, const ck_block_scale *x) {
    v16 product = __builtin_convertvector(dot, v16), scale = splat(x->scale);
    if (excess > 0) product = fma16(splat(-excess), splat(has_halves(f) ? x->first : x->sum), product);
    acc = fma16(product, d * scale, acc);
    if (has_halves(f)) {
        product = fma16(splat(-excess), splat(x->sum), __builtin_convertvector(half, v16));
        acc = fma16(fma16(splat(excess), splat(x->first), product), e * scale, acc);
    }
    if (has_minimum(f)) acc = fma16(e, splat(x->scaled_sum), acc);
    return acc;
}
