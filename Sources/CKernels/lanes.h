// SPDX-License-Identifier: Apache-2.0
// Sixteen lanes of float, whatever the width of the machine's registers: the same source gives the same bits under
// every instruction set. Included once by each of scalar.c, avx2.c and avx512.c.
#include <math.h>
#include <stdint.h>
#include <string.h>

#pragma clang fp contract(off)
#pragma clang diagnostic ignored "-Wpsabi"  // vectors are passed only between inlined functions

typedef float v16 __attribute__((vector_size(64)));
typedef int32_t v16i __attribute__((vector_size(64)));
typedef uint32_t v16u __attribute__((vector_size(64)));
typedef uint16_t v16h __attribute__((vector_size(32)));
typedef uint8_t v16c __attribute__((vector_size(16)));
typedef int8_t v16sc __attribute__((vector_size(16)));
typedef float v8 __attribute__((vector_size(32)));
typedef float v4 __attribute__((vector_size(16)));

#define INLINE static inline __attribute__((always_inline))

INLINE v16 splat(float x) { return (v16){x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x}; }
INLINE v16i splat_i(int32_t x) { return (v16i){x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x}; }
INLINE v16 load(const float *p) { v16 v; memcpy(&v, p, 64); return v; }
INLINE void store(float *p, v16 v) { memcpy(p, &v, 64); }
INLINE v16 load_part(const float *p, int64_t n) { v16 v = splat(0); memcpy(&v, p, (size_t)n * 4); return v; }
INLINE void store_part(float *p, v16 v, int64_t n) { memcpy(p, &v, (size_t)n * 4); }
INLINE v16 fma16(v16 a, v16 b, v16 c) { return __builtin_elementwise_fma(a, b, c); }
INLINE v16 choose(v16i mask, v16 yes, v16 no) { return (v16)((mask & (v16i)yes) | (~mask & (v16i)no)); }
INLINE v16 max16(v16 a, v16 b) { return choose(a > b, a, b); }

INLINE v16i tail_mask(int64_t n) {
    v16i mask = splat_i(0);
    for (int i = 0; i < 16; i++) mask[i] = i < n ? -1 : 0;
    return mask;
}

INLINE v8 low_half(v16 v) { return __builtin_shufflevector(v, v, 0, 1, 2, 3, 4, 5, 6, 7); }
INLINE v8 high_half(v16 v) { return __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15); }

/// The one tree in which sixteen lanes become one number.
INLINE float sum_lanes(v16 v) {
    v8 b = low_half(v) + high_half(v);
    v4 c = __builtin_shufflevector(b, b, 0, 1, 2, 3) + __builtin_shufflevector(b, b, 4, 5, 6, 7);
    return (c[0] + c[2]) + (c[1] + c[3]);
}
INLINE float max_lanes(v16 v) {
    v8 x = low_half(v), y = high_half(v);
    v8 b = (v8)(((x > y) & (__typeof__(x > y))x) | (~(x > y) & (__typeof__(x > y))y));
    float a[8];
    memcpy(a, &b, 32);
    for (int i = 4; i > 0; i /= 2) for (int j = 0; j < i; j++) a[j] = a[j] > a[j + i] ? a[j] : a[j + i];
    return a[0];
}

INLINE v16 bf16_even(v16u pair) { return (v16)(pair << 16); }
INLINE v16 bf16_odd(v16u pair) { return (v16)(pair & 0xFFFF0000u); }

INLINE uint16_t bf16_from(float x) {
    uint32_t u;
    memcpy(&u, &x, 4);
    if ((u & 0x7FFFFFFFu) > 0x7F800000u) return (uint16_t)((u >> 16) | 0x40);
    return (uint16_t)((u + 0x7FFF + ((u >> 16) & 1)) >> 16);
}

INLINE v16h bf16_from16(v16 x) {
    v16u u = (v16u)x;
    v16u rounded = (u + 0x7FFF + ((u >> 16) & 1)) >> 16, quiet = (u >> 16) | 0x40;
    v16u number = (v16u)((u & 0x7FFFFFFFu) <= 0x7F800000u);
    return __builtin_convertvector((number & rounded) | (~number & quiet), v16h);
}

#if LANES_F16C
INLINE v16 half_load(const uint16_t *p) {
    v16 v;
    __m256 a = _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)p));
    __m256 b = _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(p + 8)));
    memcpy(&v, &a, 32);
    memcpy((char *)&v + 32, &b, 32);
    return v;
}
INLINE void half_store(uint16_t *p, v16 v) {
    __m128i a = _mm256_cvtps_ph((__m256)low_half(v), _MM_FROUND_TO_NEAREST_INT);
    __m128i b = _mm256_cvtps_ph((__m256)high_half(v), _MM_FROUND_TO_NEAREST_INT);
    memcpy(p, &a, 16);
    memcpy(p + 8, &b, 16);
}
INLINE uint16_t half_from(float x) {
    return (uint16_t)_mm_extract_epi16(_mm_cvtps_ph(_mm_set_ss(x), _MM_FROUND_TO_NEAREST_INT), 0);
}
#else
// F. Giesen's conversions, exact for every value: https://gist.github.com/rygorous/2156668
INLINE v16 half_load(const uint16_t *p) {
    v16h h;
    memcpy(&h, p, 32);
    v16u u = __builtin_convertvector(h, v16u);
    v16u o = (u & 0x7FFF) << 13;
    v16u exponent = o & 0x0F800000u;
    o += 112u << 23;
    v16u special = (v16u)(exponent == 0x0F800000u), tiny = (v16u)(exponent == 0u);
    o += special & (112u << 23);
    v16u shifted = o + (1u << 23);
    v16u renormalized = (v16u)((v16)shifted - (v16)((v16u)splat_i(113 << 23)));
    o = (tiny & renormalized) | (~tiny & o);
    return (v16)(o | ((u & 0x8000) << 16));
}
INLINE uint16_t half_from(float x) {
    uint32_t u;
    memcpy(&u, &x, 4);
    uint32_t sign = u & 0x80000000u, o;
    u ^= sign;
    if (u >= 0x47800000u) {
        o = u > 0x7F800000u ? 0x7E00 | ((u >> 13) & 0x3FF) : 0x7C00;
    } else if (u < 0x38800000u) {
        float f, magic = 0.5f;
        memcpy(&f, &u, 4);
        f += magic;
        memcpy(&o, &f, 4);
        o -= 0x3F000000u;
    } else {
        uint32_t odd = (u >> 13) & 1;
        o = (u + 0xC8000FFFu + odd) >> 13;
    }
    return (uint16_t)(o | (sign >> 16));
}
INLINE void half_store(uint16_t *p, v16 v) { for (int i = 0; i < 16; i++) p[i] = half_from(v[i]); }
#endif

/// e to the power x (Cephes' expf, about 1 ulp); 0 below -87.3, the value at 88 above it.
INLINE v16 exp16(v16 x) {
    v16i below = x < splat(-87.33654f);
    x = choose(x > splat(88.0f), splat(88.0f), x);
    x = choose(below, splat(-87.33654f), x);
    v16 t = fma16(x, splat(1.44269504088896341f), splat(12582912.0f));
    v16 n = t - splat(12582912.0f);
    v16 r = fma16(n, splat(-0.693359375f), x);
    r = fma16(n, splat(2.12194440e-4f), r);
    v16 p = splat(1.9875691500e-4f);
    p = fma16(p, r, splat(1.3981999507e-3f));
    p = fma16(p, r, splat(8.3334519073e-3f));
    p = fma16(p, r, splat(4.1665795894e-2f));
    p = fma16(p, r, splat(1.6666665459e-1f));
    p = fma16(p, r, splat(5.0000001201e-1f));
    p = fma16(p, r * r, r) + splat(1.0f);
    v16i scale = ((v16i)t - splat_i(0x4B400000) + splat_i(127)) << 23;
    return choose(below, splat(0), p * (v16)scale);
}

/// Hyperbolic tangent (Cephes' tanhf).
INLINE v16 tanh16(v16 x) {
    v16 magnitude = (v16)((v16i)x & splat_i(0x7FFFFFFF));
    v16 z = x * x;
    v16 p = splat(-5.70498872745e-3f);
    p = fma16(p, z, splat(2.06390887954e-2f));
    p = fma16(p, z, splat(-5.37397155531e-2f));
    p = fma16(p, z, splat(1.33314422036e-1f));
    p = fma16(p, z, splat(-3.33332819422e-1f));
    v16 small = fma16(p * z, x, x);
    v16 large = splat(1.0f) - splat(2.0f) / (exp16(magnitude + magnitude) + splat(1.0f));
    v16i sign = (v16i)x & splat_i((int32_t)0x80000000);
    return choose(magnitude < splat(0.625f), small, (v16)((v16i)large | sign));
}

/// The error function: a rational function of degree 13 over 8 on [-4, 4], as in Eigen.
INLINE v16 erf16(v16 x) {
    x = choose(x > splat(4.0f), splat(4.0f), x);
    x = choose(x < splat(-4.0f), splat(-4.0f), x);
    v16 z = x * x;
    v16 p = splat(-2.72614225801306e-10f);
    p = fma16(p, z, splat(2.77068142495902e-08f));
    p = fma16(p, z, splat(-2.10102402082508e-06f));
    p = fma16(p, z, splat(-5.69250639462346e-05f));
    p = fma16(p, z, splat(-7.34990630326855e-04f));
    p = fma16(p, z, splat(-2.95459980854025e-03f));
    p = fma16(p, z, splat(-1.60960333262415e-02f));
    v16 q = splat(-1.45660718464996e-05f);
    q = fma16(q, z, splat(-2.13374055278905e-04f));
    q = fma16(q, z, splat(-1.68282697438203e-03f));
    q = fma16(q, z, splat(-7.37332916720468e-03f));
    q = fma16(q, z, splat(-1.42647390514189e-02f));
    return x * p / q;
}
