// SPDX-License-Identifier: Apache-2.0
#include "CKernels.h"

void ck_scan_f32(const float *vectors, int64_t count, int64_t dimension, const float *query, float *scores) {
    for (int64_t i = 0; i < count; i++) {
        float sum = 0;
        for (int64_t k = 0; k < dimension; k++) sum += vectors[i * dimension + k] * query[k];
        scores[i] = sum;
    }
}
