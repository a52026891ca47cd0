// Preloaded into a redis-server of a trial: its wall clock is off by what stands in a file, now; its monotonic clock is not.
//
// Why not libfaketime: redis-server's allocator asks for the time before libfaketime is ready, and the server never starts. This asks the
// kernel itself, allocates nothing, and needs no start.
#define _GNU_SOURCE
#include "trial_clock.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const volatile long long *shared_offset;

static long long offset_us(void) {
  if (!shared_offset) {
    const char *path = getenv(TRIAL_CLOCK_FILE);
    int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (file < 0) return 0;
    void *page = mmap(0, sizeof(long long), PROT_READ, MAP_SHARED, file, 0);
    close(file);
    if (page == MAP_FAILED) return 0;
    shared_offset = page;
  }
  return *shared_offset;
}

static int stepped(clockid_t clock, struct timespec *time) {
  long result = syscall(SYS_clock_gettime, clock, time);
  if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) {
    long long now = time->tv_sec * 1000000000LL + time->tv_nsec + offset_us() * 1000;
    time->tv_sec = now / 1000000000LL;
    time->tv_nsec = now % 1000000000LL;
  }
  return (int)result;
}

int clock_gettime(clockid_t clock, struct timespec *time) { return stepped(clock, time); }

int gettimeofday(struct timeval *restrict time, void *restrict zone) {
  (void)zone;
  struct timespec now;
  int result = stepped(CLOCK_REALTIME, &now);
  if (result == 0) {
    time->tv_sec = now.tv_sec;
    time->tv_usec = now.tv_nsec / 1000;
  }
  return result;
}

time_t time(time_t *seconds) {
  struct timespec now;
  stepped(CLOCK_REALTIME, &now);
  if (seconds) *seconds = now.tv_sec;
  return now.tv_sec;
}
