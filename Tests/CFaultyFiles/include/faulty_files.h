// SPDX-License-Identifier: Apache-2.0
// A file system that fails: an SQLite VFS over the default one, for proofs and tests alone.
#pragma once
#include <stdint.h>

/// What happens at an operation: a write, a truncation, a sync, the making of a file.
typedef enum {
    faulty_error,  ///< an input/output error; nothing is written
    faulty_full,   ///< no space left; a sync goes well
    faulty_short,  ///< half of the bytes are written, then an input/output error
    faulty_crash,  ///< the power fails: of what was not synced some sectors are lost, and the process ends with 9
} faulty_kind;

/// Makes it the default of all connections opened from now on; 0, or SQLite's error.
int faulty_install(void);

/// Lets operation number `at` (1 is the next one) fail, and all after it where `persistent`; counts anew.
void faulty_arm(faulty_kind kind, int64_t at, int persistent, uint64_t seed);

/// Lets all operations go well again.
void faulty_disarm(void);

/// Operations since it was armed.
int64_t faulty_operations(void);
