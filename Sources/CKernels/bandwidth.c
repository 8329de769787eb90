// SPDX-License-Identifier: Apache-2.0
#include "include/bandwidth.h"

// Vectors as wide as a cache line: the compiler splits them to what the processor has.
typedef uint64_t line __attribute__((vector_size(64), aligned(8)));

#if defined(__x86_64__) && defined(__linux__)
__attribute__((target_clones("default", "arch=x86-64-v3", "arch=x86-64-v4")))
#endif
uint64_t ck_read_sum(const uint64_t *words, int64_t count) {
    line a = {0}, b = {0}, c = {0}, d = {0};
    int64_t i = 0;
    for (; i + 32 <= count; i += 32) {
        __builtin_prefetch(words + i + 512);
        __builtin_prefetch(words + i + 520);
        __builtin_prefetch(words + i + 528);
        __builtin_prefetch(words + i + 536);
        a += *(const line *)(words + i);
        b += *(const line *)(words + i + 8);
        c += *(const line *)(words + i + 16);
        d += *(const line *)(words + i + 24);
    }
    a += b + c + d;
    uint64_t sum = 0;
    for (int lane = 0; lane < 8; lane++) sum += a[lane];
    for (; i < count; i++) sum += words[i];
    return sum;
}
