// SPDX-License-Identifier: Apache-2.0
// One pool for the process, one submission at a time. Workers spin briefly for the next one, then sleep: a shared
// machine punishes those who only spin.
#define _GNU_SOURCE
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#if defined(__linux__)
#include <sched.h>
#endif

#include "include/CKernels.h"

#define MAX_THREADS 256
#define SPINS 4000
#define CLOSED 0xFFFFFFFFu

static pthread_mutex_t submission = PTHREAD_MUTEX_INITIALIZER;  // held by the one who submits
static pthread_mutex_t sleeping = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t wake = PTHREAD_COND_INITIALIZER, finished = PTHREAD_COND_INITIALIZER;
static _Atomic uint64_t ticket = CLOSED;  // the submission's number above, the next index below
static _Atomic uint32_t job_count;
static _Atomic(void (*)(void *, int64_t)) job_task;
static _Atomic(void *) job_context;
static _Atomic int64_t remaining;
static _Atomic int sleepers, wanted = 0, started = 0;
static _Thread_local bool inside;

static inline void relax(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

/// Takes indices of the open submission until none is left. The fields are read before the ticket is taken: if another
/// submission replaced them in between, its number differs and the exchange fails.
static void work(void) {
    uint64_t t = atomic_load(&ticket);
    for (;;) {
        uint32_t index = (uint32_t)t, count = atomic_load(&job_count);
        void (*task)(void *, int64_t) = atomic_load(&job_task);
        void *context = atomic_load(&job_context);
        if (index == CLOSED || index >= count) return;
        if (!atomic_compare_exchange_weak(&ticket, &t, t + 1)) continue;
        task(context, index);
        if (atomic_fetch_sub(&remaining, 1) == 1) {
            pthread_mutex_lock(&sleeping);
            pthread_cond_signal(&finished);
            pthread_mutex_unlock(&sleeping);
        }
        t = atomic_load(&ticket);
    }
}

static void *worker(void *number) {
    inside = true;
    int me = (int)(intptr_t)number;
    uint64_t seen = 0;
    for (;;) {
        for (int i = 0; i < SPINS && atomic_load_explicit(&ticket, memory_order_relaxed) >> 32 == seen; i++) relax();
        if (atomic_load(&ticket) >> 32 == seen || me >= atomic_load(&wanted)) {
            pthread_mutex_lock(&sleeping);
            atomic_fetch_add(&sleepers, 1);
            while (atomic_load(&ticket) >> 32 == seen || me >= atomic_load(&wanted)) pthread_cond_wait(&wake, &sleeping);
            atomic_fetch_sub(&sleepers, 1);
            pthread_mutex_unlock(&sleeping);
        }
        seen = atomic_load(&ticket) >> 32;
        work();
    }
    return NULL;
}

static void start_workers(int threads) {
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attributes, 1 << 20);
    for (int n = atomic_load(&started) + 1; n < threads; n++) {
        pthread_t thread;
        if (pthread_create(&thread, &attributes, worker, (void *)(intptr_t)n)) break;  // fewer threads, the same result
        atomic_store(&started, n);
    }
    pthread_attr_destroy(&attributes);
}

void ck_parallel(int64_t count, void (*task)(void *context, int64_t index), void *context) {
    if (count <= 0) return;
    int threads = ck_threads();
    if (count == 1 || threads == 1 || inside || count >= CLOSED) {
        for (int64_t i = 0; i < count; i++) task(context, i);
        return;
    }
    pthread_mutex_lock(&submission);
    inside = true;
    if (atomic_load(&started) < threads - 1) start_workers(threads);
    uint64_t number = (atomic_load(&ticket) >> 32) + 1;
    atomic_store(&ticket, (number - 1) << 32 | CLOSED);
    atomic_store(&job_count, (uint32_t)count);
    atomic_store(&job_task, task);
    atomic_store(&job_context, context);
    atomic_store(&remaining, count);
    atomic_store(&ticket, number << 32);
    if (atomic_load(&sleepers)) {
        pthread_mutex_lock(&sleeping);
        pthread_cond_broadcast(&wake);
        pthread_mutex_unlock(&sleeping);
    }
    work();
    for (int i = 0; i < SPINS && atomic_load(&remaining); i++) relax();
    if (atomic_load(&remaining)) {
        pthread_mutex_lock(&sleeping);
        while (atomic_load(&remaining)) pthread_cond_wait(&finished, &sleeping);
        pthread_mutex_unlock(&sleeping);
    }
    inside = false;
    pthread_mutex_unlock(&submission);
}

int ck_threads(void) {
    int count = atomic_load(&wanted);
    if (count) return count;
    int allowed = ck_default_threads();
    // Whoever chose a number meanwhile is left with it: a failed exchange puts that into `count`.
    return atomic_compare_exchange_strong(&wanted, &count, allowed) ? allowed : count;
}

void ck_set_threads(int count) {
    if (count < 1) count = 1;
    if (count > MAX_THREADS) count = MAX_THREADS;
    pthread_mutex_lock(&submission);
    atomic_store(&wanted, count);
    pthread_mutex_unlock(&submission);
    pthread_mutex_lock(&sleeping);
    pthread_cond_broadcast(&wake);
    pthread_mutex_unlock(&sleeping);
}

#if defined(__linux__)
/// Distinct (package, core) pairs among the processors of `set`, or their number where the kernel does not say.
static int physical_cores(const cpu_set_t *set) {
    int seen[MAX_THREADS][2], count = 0;
    for (int cpu = 0; cpu < CPU_SETSIZE && count < MAX_THREADS; cpu++) {
        if (!CPU_ISSET(cpu, set)) continue;
        int ids[2] = {-1, cpu};
        static const char *const names[2] = {"physical_package_id", "core_id"};
        for (int i = 0; i < 2; i++) {
            char path[128];
            snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu%d/topology/%s", cpu, names[i]);
            FILE *file = fopen(path, "r");
            if (!file) continue;
            if (fscanf(file, "%d", &ids[i]) != 1) ids[i] = i ? cpu : -1;
            fclose(file);
        }
        int i = 0;
        while (i < count && (seen[i][0] != ids[0] || seen[i][1] != ids[1])) i++;
        if (i == count) {
            memcpy(seen[count++], ids, sizeof ids);
        }
    }
    return count;
}
#endif

int ck_default_threads(void) {
    int count = (int)sysconf(_SC_NPROCESSORS_ONLN);
#if defined(__linux__)
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0) count = physical_cores(&set);
    FILE *file = fopen("/sys/fs/cgroup/cpu.max", "r");
    if (file) {
        long quota, period;
        if (fscanf(file, "%ld %ld", &quota, &period) == 2 && period > 0) {
            long allowed = (quota + period - 1) / period;
            if (allowed >= 1 && allowed < count) count = (int)allowed;
        }
        fclose(file);
    }
#endif
    return count < 1 ? 1 : count > MAX_THREADS ? MAX_THREADS : count;
}

#define LARGE ((size_t)1 << 21)

void *ck_allocate(size_t bytes) {
    if (bytes >= LARGE) {
        void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0);
        if (memory == MAP_FAILED) return NULL;
#if defined(__linux__)
        madvise(memory, bytes, MADV_HUGEPAGE);
#endif
        return memory;
    }
    void *memory = NULL;
    if (posix_memalign(&memory, 64, bytes ? bytes : 64)) return NULL;
    memset(memory, 0, bytes);
    return memory;
}

void ck_release(void *memory, size_t bytes) {
    if (bytes >= LARGE) munmap(memory, bytes); else free(memory);
}
