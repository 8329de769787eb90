// SPDX-License-Identifier: Apache-2.0
#ifndef CK_SHA256_H
#define CK_SHA256_H

#include <stddef.h>
#include <stdint.h>

/// Folds `count` blocks of 64 bytes into a SHA-256 state (FIPS 180-4, section 6.2.2).
/// Uses the processor's SHA instructions where it has them; the result is the same.
void ck_sha256_blocks(uint32_t state[8], const uint8_t *blocks, size_t count);

/// The same in plain C, for processors without SHA instructions and for tests.
void ck_sha256_blocks_plain(uint32_t state[8], const uint8_t *blocks, size_t count);

#endif
