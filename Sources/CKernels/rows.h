// SPDX-License-Identifier: Apache-2.0
// What happens to one row at a time: norms, softmax, activations, rounding, rotation.

#define FOR_LANES(count, body)                                                                  \
    {                                                                                           \
        int64_t i = 0;                                                                          \
        for (; i + 16 <= (count); i += 16) { const int64_t left = 16; (void)left; body }        \
        if (i < (count)) { const int64_t left = (count) - i; body }                             \
    }
#define TAKE(p) (left == 16 ? load((p) + i) : load_part((p) + i, left))
#define GIVE(p, v) do { if (left == 16) store((p) + i, v); else store_part((p) + i, v, left); } while (0)

static void rms_norm_row(int64_t count, const float *x, const float *weight, float epsilon, float *out) {
    v16 squares = splat(0);
    FOR_LANES(count, v16 v = TAKE(x); squares = fma16(v, v, squares);)
    v16 factor = splat(1.0f / __builtin_sqrtf(sum_lanes(squares) / (float)count + epsilon));
    FOR_LANES(count, GIVE(out, TAKE(x) * factor * TAKE(weight));)
}

static void layer_norm_row(int64_t count, const float *x, const float *weight, const float *bias, float epsilon, float *out) {
    v16 sum = splat(0);
    FOR_LANES(count, sum = sum + TAKE(x);)
    v16 mean = splat(sum_lanes(sum) / (float)count);
    v16 squares = splat(0);
    FOR_LANES(count, v16 v = TAKE(x) - mean; if (left < 16) v = choose(tail_mask(left), v, splat(0)); squares = fma16(v, v, squares);)
    v16 factor = splat(1.0f / __builtin_sqrtf(sum_lanes(squares) / (float)count + epsilon));
    FOR_LANES(count, GIVE(out, fma16((TAKE(x) - mean) * factor, TAKE(weight), TAKE(bias)));)
}

static void softmax_row(int64_t count, const float *x, float *out) {
    v16 top = splat(-INFINITY);
    FOR_LANES(count, v16 v = TAKE(x); if (left < 16) v = choose(tail_mask(left), v, splat(-INFINITY)); top = max16(top, v);)
    v16 most = splat(max_lanes(top)), sum = splat(0);
    FOR_LANES(count, v16 v = exp16(TAKE(x) - most); if (left < 16) v = choose(tail_mask(left), v, splat(0)); sum = sum + v; GIVE(out, v);)
    v16 total = splat(sum_lanes(sum));
    FOR_LANES(count, GIVE(out, TAKE(out) / total);)
}

static void l2_normalize_row(int64_t count, const float *x, float *out) {
    v16 squares = splat(0);
    FOR_LANES(count, v16 v = TAKE(x); squares = fma16(v, v, squares);)
    float length = __builtin_sqrtf(sum_lanes(squares));
    v16 divisor = splat(length > 1e-12f ? length : 1e-12f);
    FOR_LANES(count, GIVE(out, TAKE(x) / divisor);)
}

static void add(int64_t count, const float *a, const float *b, float *out) {
    FOR_LANES(count, GIVE(out, TAKE(a) + TAKE(b));)
}

static void scale(int64_t count, const float *x, float factor, float *out) {
    FOR_LANES(count, GIVE(out, TAKE(x) * splat(factor));)
}

static void silu_multiply(int64_t count, const float *gate, const float *up, float *out) {
    FOR_LANES(count, v16 g = TAKE(gate); GIVE(out, g / (splat(1.0f) + exp16(splat(0) - g)) * TAKE(up));)
}

static void gelu(int64_t count, const float *x, float *out) {
    FOR_LANES(count, v16 v = TAKE(x); v16 half = v * splat(0.5f);
              GIVE(out, fma16(half, erf16(v * splat(0.70710678118654752f)), half));)
}

static void gelu_tanh(int64_t count, const float *x, float *out) {
    FOR_LANES(count, v16 v = TAKE(x); v16 half = v * splat(0.5f);
              v16 inner = splat(0.79788456080286536f) * fma16(splat(0.044715f) * v * v, v, v);
              GIVE(out, fma16(half, tanh16(inner), half));)
}

static void tanh_row(int64_t count, const float *x, float *out) {
    FOR_LANES(count, GIVE(out, tanh16(TAKE(x)));)
}

static void exp_row(int64_t count, const float *x, float *out) {
    FOR_LANES(count, GIVE(out, exp16(TAKE(x)));)
}

static void rotate_row(int64_t heads, int64_t dimension, const float *x, const float *cosine, const float *sine, float *out) {
    const int64_t half = dimension / 2;
    for (int64_t h = 0; h < heads; h++, x += dimension, out += dimension) {
        FOR_LANES(half, v16 a = TAKE(x); v16 b = TAKE(x + half); v16 c = TAKE(cosine); v16 s = TAKE(sine);
                  GIVE(out, fma16(splat(0) - b, s, a * c)); GIVE(out + half, fma16(a, s, b * c));)
    }
}

static void quantize_row(int64_t depth, const float *x, int8_t *q, ck_block_scale *scale) {
    for (int64_t b = 0; b < depth / 32; b++) {
        v16 low = load(x + 32 * b), high = load(x + 32 * b + 16);
        v16 magnitude = max16((v16)((v16i)low & splat_i(0x7FFFFFFF)), (v16)((v16i)high & splat_i(0x7FFFFFFF)));
        float most = max_lanes(magnitude);
        v16 inverse = splat(most > 0 ? 127.0f / most : 0.0f), magic = splat(12582912.0f);
        v16i ql = (v16i)(fma16(low, inverse, magic)) - splat_i(0x4B400000);
        v16i qh = (v16i)(fma16(high, inverse, magic)) - splat_i(0x4B400000);
        v16sc bl = __builtin_convertvector(ql, v16sc), bh = __builtin_convertvector(qh, v16sc);
        memcpy(q + 32 * b, &bl, 16);
        memcpy(q + 32 * b + 16, &bh, 16);
        // The sums are of what was stored: a block below 1e-37 has no finite inverse, one with NaN no largest value.
        int32_t first = __builtin_reduce_add(__builtin_convertvector(bl, v16i));
        int32_t sum = first + __builtin_reduce_add(__builtin_convertvector(bh, v16i));
        float factor = most / 127.0f;
        scale[b] = (ck_block_scale){factor, factor * (float)sum, (float)sum, (float)first};
    }
}

static void round_row_bf16(int64_t count, const float *x, uint16_t *out) {
    int64_t i = 0;
    for (; i + 16 <= count; i += 16) {
        v16h halves = bf16_from16(load(x + i));
        memcpy(out + i, &halves, 32);
    }
    for (; i < count; i++) out[i] = bf16_from(x[i]);
    if (count % 2) out[count] = 0;
}

static void scan_f32(const float *vectors, int64_t count, int64_t dimension, const float *query, float *scores) {
    for (int64_t r = 0; r < count; r++, vectors += dimension) {
        v16 sum = splat(0);
        FOR_LANES(dimension, sum = fma16(TAKE(vectors), TAKE(query), sum);)
        scores[r] = sum_lanes(sum);
    }
}

/// A vector as bytes times one factor; its largest value becomes 127.
static float round_row_i8(int64_t count, const float *x, int8_t *out) {
    v16 top = splat(0);
    FOR_LANES(count, top = max16((v16)((v16i)TAKE(x) & splat_i(0x7FFFFFFF)), top);)
    float most = max_lanes(top);
    v16 inverse = splat(most > 0 ? 127.0f / most : 0.0f), magic = splat(12582912.0f);
    FOR_LANES(count, v16i whole = (v16i)fma16(TAKE(x), inverse, magic) - splat_i(0x4B400000);
              v16sc bytes = __builtin_convertvector(whole, v16sc);
              memcpy(out + i, &bytes, (size_t)left);)
    return most / 127.0f;
}

static void scan_i8(const int8_t *rows, const float *factors, int64_t count, int64_t dimension, const int8_t *query, float factor, float *scores) {
    for (int64_t r = 0; r < count; r++, rows += dimension) scores[r] = (float)dot_i8(rows, query, dimension) * (factors[r] * factor);
}

static int32_t dot_row_i8(const int8_t *a, const int8_t *b, int64_t count) { return dot_i8(a, b, count); }
