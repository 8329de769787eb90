// SPDX-License-Identifier: Apache-2.0
#include "faulty_files.h"

#include <fcntl.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { sector = 512 };

/// A change that no sync has made lasting yet, with what stood there before.
typedef struct unsynced {
    struct unsynced *earlier;
    char *path;
    int64_t offset, count, old_size;
    unsigned char *before;  // count bytes; zeros where the file was shorter
} unsynced;

typedef struct {
    sqlite3_file base;
    char *path;
    sqlite3_file *real;  // follows in the same allocation
} faulty_file;

static sqlite3_vfs *below;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static unsynced *changes;
static int armed, persists;
static faulty_kind what;
static int64_t strikes_at, operations;
static uint64_t chance;

static uint64_t next_random(void) {  // xorshift64*
    chance ^= chance >> 12;
    chance ^= chance << 25;
    chance ^= chance >> 27;
    return chance * 2685821657736338717ull;
}

// MARK: - What a power failure leaves

static void forget(const char *path) {
    for (unsynced **place = &changes; *place;) {
        unsynced *change = *place;
        if (strcmp(change->path, path) == 0) {
            *place = change->earlier;
            free(change->path);
            free(change->before);
            free(change);
        } else {
            place = &change->earlier;
        }
    }
}

static void remember(faulty_file *file, int64_t offset, int64_t count) {
    if (what != faulty_crash || !armed) return;
    sqlite3_int64 size = 0;
    file->real->pMethods->xFileSize(file->real, &size);
    unsynced *change = calloc(1, sizeof *change);
    unsigned char *before = calloc(1, (size_t)count + 1);
    if (!change || !before) abort();
    int64_t there = size > offset ? (size - offset < count ? size - offset : count) : 0;
    if (there > 0) file->real->pMethods->xRead(file->real, before, (int)there, offset);
    *change = (unsynced){changes, strdup(file->path), offset, count, size, before};
    changes = change;
}

/// The latest change first: sectors of it are as before, or the file has its old end.
static void lose_unsynced(void) {
    for (unsynced *change = changes; change; change = change->earlier) {
        int file = open(change->path, O_RDWR);
        if (file < 0) continue;
        if (change->offset + change->count > change->old_size && next_random() % 4 == 0) {
            if (ftruncate(file, change->old_size)) abort();
        } else {
            for (int64_t start = 0; start < change->count; start += sector) {
                int64_t count = change->count - start < sector ? change->count - start : sector;
                if (next_random() % 2 && pwrite(file, change->before + start, (size_t)count, change->offset + start) < 0)
                    abort();
            }
        }
        close(file);
    }
}

// MARK: - Operations

/// Whether this operation is to fail; the lock is held.
static int strikes(void) {
    operations += 1;
    if (!armed || (persists ? operations < strikes_at : operations != strikes_at)) return 0;
    if (what == faulty_crash) {
        lose_unsynced();
        _exit(9);
    }
    return 1;
}

static sqlite3_file *real(sqlite3_file *file) { return ((faulty_file *)file)->real; }

static int faulty_write(sqlite3_file *file, const void *bytes, int count, sqlite3_int64 offset) {
    pthread_mutex_lock(&lock);
    remember((faulty_file *)file, offset, count);
    int result = SQLITE_OK;
    if (strikes()) {
        result = what == faulty_full ? SQLITE_FULL : SQLITE_IOERR_WRITE;
        if (what == faulty_short) real(file)->pMethods->xWrite(real(file), bytes, count / 2, offset);
    } else {
        result = real(file)->pMethods->xWrite(real(file), bytes, count, offset);
    }
    pthread_mutex_unlock(&lock);
    return result;
}

static int faulty_truncate(sqlite3_file *file, sqlite3_int64 size) {
    pthread_mutex_lock(&lock);
    sqlite3_int64 old = 0;
    real(file)->pMethods->xFileSize(real(file), &old);
    if (old > size) remember((faulty_file *)file, size, old - size);
    int result = strikes() ? SQLITE_IOERR_TRUNCATE : real(file)->pMethods->xTruncate(real(file), size);
    pthread_mutex_unlock(&lock);
    return result;
}

static int faulty_sync(sqlite3_file *file, int flags) {
    pthread_mutex_lock(&lock);
    int result = SQLITE_OK;
    if (strikes() && what != faulty_full) {
        result = SQLITE_IOERR_FSYNC;
    } else {
        result = real(file)->pMethods->xSync(real(file), flags);
        if (result == SQLITE_OK) forget(((faulty_file *)file)->path);
    }
    pthread_mutex_unlock(&lock);
    return result;
}

static int faulty_close(sqlite3_file *file) {
    int result = real(file)->pMethods->xClose(real(file));
    free(((faulty_file *)file)->path);
    return result;
}

static int faulty_read(sqlite3_file *file, void *bytes, int count, sqlite3_int64 offset) {
    return real(file)->pMethods->xRead(real(file), bytes, count, offset);
}
static int faulty_size(sqlite3_file *file, sqlite3_int64 *size) {
    return real(file)->pMethods->xFileSize(real(file), size);
}
static int faulty_lock(sqlite3_file *file, int level) { return real(file)->pMethods->xLock(real(file), level); }
static int faulty_unlock(sqlite3_file *file, int level) { return real(file)->pMethods->xUnlock(real(file), level); }
static int faulty_reserved(sqlite3_file *file, int *result) {
    return real(file)->pMethods->xCheckReservedLock(real(file), result);
}
static int faulty_control(sqlite3_file *file, int operation, void *argument) {
    return real(file)->pMethods->xFileControl(real(file), operation, argument);
}
static int faulty_sector_size(sqlite3_file *file) { return real(file)->pMethods->xSectorSize(real(file)); }
/// Nothing is promised: a sector may be torn, and a write may be done before an earlier one.
static int faulty_characteristics(sqlite3_file *file) {
    (void)file;
    return 0;
}
static int faulty_shm_map(sqlite3_file *file, int page, int size, int extend, void volatile **result) {
    return real(file)->pMethods->xShmMap(real(file), page, size, extend, result);
}
static int faulty_shm_lock(sqlite3_file *file, int offset, int count, int flags) {
    return real(file)->pMethods->xShmLock(real(file), offset, count, flags);
}
static void faulty_shm_barrier(sqlite3_file *file) { real(file)->pMethods->xShmBarrier(real(file)); }
static int faulty_shm_unmap(sqlite3_file *file, int delete) {
    return real(file)->pMethods->xShmUnmap(real(file), delete);
}

// Version 2: pages are not mapped, so that every change passes here.
static const sqlite3_io_methods methods = {
    2, faulty_close, faulty_read, faulty_write, faulty_truncate, faulty_sync, faulty_size, faulty_lock, faulty_unlock,
    faulty_reserved, faulty_control, faulty_sector_size, faulty_characteristics, faulty_shm_map, faulty_shm_lock,
    faulty_shm_barrier, faulty_shm_unmap, 0, 0,
};

static int faulty_open(sqlite3_vfs *vfs, const char *path, sqlite3_file *file, int flags, int *out) {
    (void)vfs;
    faulty_file *mine = (faulty_file *)file;
    memset(mine, 0, sizeof *mine);
    if ((flags & SQLITE_OPEN_CREATE) && path && access(path, F_OK) != 0) {
        pthread_mutex_lock(&lock);
        int fails = strikes();
        pthread_mutex_unlock(&lock);
        if (fails) return SQLITE_CANTOPEN;
    }
    mine->real = (sqlite3_file *)(mine + 1);
    int result = below->xOpen(below, path, mine->real, flags, out);
    if (result != SQLITE_OK) return result;
    mine->path = strdup(path ? path : "");
    if (!mine->path) abort();
    mine->base.pMethods = &methods;
    return SQLITE_OK;
}

static int faulty_delete(sqlite3_vfs *vfs, const char *path, int sync) {
    (void)vfs;
    pthread_mutex_lock(&lock);
    int fails = strikes();
    if (!fails) forget(path);
    pthread_mutex_unlock(&lock);
    return fails ? SQLITE_IOERR_DELETE : below->xDelete(below, path, sync);
}

int faulty_install(void) {
    static sqlite3_vfs faulty;
    if (below) return SQLITE_OK;
    below = sqlite3_vfs_find(0);
    if (!below) return SQLITE_ERROR;
    faulty = *below;
    faulty.zName = "faulty";
    faulty.szOsFile = (int)sizeof(faulty_file) + below->szOsFile;
    faulty.xOpen = faulty_open;
    faulty.xDelete = faulty_delete;
    return sqlite3_vfs_register(&faulty, 1);
}

void faulty_arm(faulty_kind kind, int64_t at, int persistent, uint64_t seed) {
    pthread_mutex_lock(&lock);
    armed = 1;
    what = kind;
    persists = persistent;
    strikes_at = at;
    operations = 0;
    chance = seed * 2 + 1;
    pthread_mutex_unlock(&lock);
}

void faulty_disarm(void) {
    pthread_mutex_lock(&lock);
    armed = 0;
    pthread_mutex_unlock(&lock);
}

int64_t faulty_operations(void) {
    pthread_mutex_lock(&lock);
    int64_t count = operations;
    pthread_mutex_unlock(&lock);
    return count;
}
