// SPDX-License-Identifier: Apache-2.0
#ifndef CK_BANDWIDTH_H
#define CK_BANDWIDTH_H

#include <stdint.h>

/// The sum of `count` words, modulo 2^64: reads memory as fast as one thread can.
uint64_t ck_read_sum(const uint64_t *words, int64_t count);

#endif
