// SPDX-License-Identifier: Apache-2.0
#ifndef CKERNELS_H
#define CKERNELS_H

#include <stdint.h>

/// Inner products of `count` vectors (rows of `dimension` values, densely packed) with one query.
void ck_scan_f32(const float *vectors, int64_t count, int64_t dimension, const float *query, float *scores);

#endif
