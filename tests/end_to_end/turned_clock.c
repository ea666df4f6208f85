/* Preloaded into a process, it turns the clock by as many seconds as the first eight bytes of $TURNED_CLOCK say just then.

   The wall clock alone, as a correction of the clock does: what waits by the monotonic clock is not touched, and files
   have the times that their file system gives them. A wait until a moment of the wall clock is turned back by as much,
   as the kernel counts it by the true clock. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define A_MOMENT_OF_THE_WALL_CLOCK 1000000000 /* the monotonic clock begins at the machine's start */

static const volatile int64_t *turned;

__attribute__((constructor)) static void begin(void) {
    const char *path = getenv("TURNED_CLOCK");
    int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (file < 0) return;
    void *found = mmap(NULL, sizeof *turned, PROT_READ, MAP_SHARED, file, 0);
    if (found != MAP_FAILED) turned = found;
    close(file);
}

static int64_t seconds(void) { return turned ? *turned : 0; }

static struct timespec real(const struct timespec *moment) {
    struct timespec found = *moment;
    if (found.tv_sec > A_MOMENT_OF_THE_WALL_CLOCK) found.tv_sec -= seconds();
    return found;
}

int clock_gettime(clockid_t clock, struct timespec *now) {
    static __typeof__(&clock_gettime) next;
    if (!next) next = (__typeof__(&clock_gettime))dlsym(RTLD_NEXT, "clock_gettime");
    int status = next(clock, now);
    if (status == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) now->tv_sec += seconds();
    return status;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
    (void)zone;
    struct timespec found;
    clock_gettime(CLOCK_REALTIME, &found);
    now->tv_sec = found.tv_sec;
    now->tv_usec = found.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *kept) {
    struct timespec found;
    clock_gettime(CLOCK_REALTIME, &found);
    if (kept) *kept = found.tv_sec;
    return found.tv_sec;
}

#define WAIT(name, ...) \
    static __typeof__(&name) next; \
    if (!next) next = (__typeof__(&name))dlsym(RTLD_NEXT, #name); \
    struct timespec moment = real(until); \
    return next(__VA_ARGS__, &moment);

int pthread_cond_timedwait(
    pthread_cond_t *restrict condition, pthread_mutex_t *restrict mutex, const struct timespec *restrict until) {
    static __typeof__(&pthread_cond_timedwait) next; /* glibc keeps one of before 2.3.2 beside it, whose condition differs */
    if (!next) next = (__typeof__(&pthread_cond_timedwait))dlvsym(RTLD_NEXT, "pthread_cond_timedwait", "GLIBC_2.3.2");
    if (!next) next = (__typeof__(&pthread_cond_timedwait))dlsym(RTLD_NEXT, "pthread_cond_timedwait");
    struct timespec moment = real(until);
    return next(condition, mutex, &moment);
}

int pthread_cond_clockwait(
    pthread_cond_t *condition, pthread_mutex_t *mutex, clockid_t clock, const struct timespec *until) {
    WAIT(pthread_cond_clockwait, condition, mutex, clock)
}

int pthread_mutex_timedlock(pthread_mutex_t *restrict mutex, const struct timespec *restrict until) {
    WAIT(pthread_mutex_timedlock, mutex)
}

int sem_timedwait(sem_t *restrict semaphore, const struct timespec *restrict until) {
    WAIT(sem_timedwait, semaphore)
}
