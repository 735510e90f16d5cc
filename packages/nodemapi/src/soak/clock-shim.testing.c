/*
 * Lets somebody set the clock of a process: what CLOCK_REALTIME says is moved by so many milliseconds as stand, as a
 * signed 64-bit number, in the file CLOCK_SHIM_FILE, which is mapped and so may change at any time. The monotonic clock
 * goes on as it does. Loaded with LD_PRELOAD. Linux, glibc or musl.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static int (*real_clock_gettime)(clockid_t, struct timespec *);
static const volatile int64_t *offset_ms;

__attribute__((constructor)) static void initialise(void) {
  if (real_clock_gettime != NULL) return;
  *(void **)&real_clock_gettime = dlsym(RTLD_NEXT, "clock_gettime");
  const char *path = getenv("CLOCK_SHIM_FILE");
  int fd = path == NULL ? -1 : open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return;
  void *page = mmap(NULL, sizeof *offset_ms, PROT_READ, MAP_SHARED, fd, 0);
  if (page != MAP_FAILED) offset_ms = page;
  close(fd);
}

int clock_gettime(clockid_t clock, struct timespec *time) {
  initialise();
  int result = real_clock_gettime(clock, time);
  if (result != 0 || offset_ms == NULL) return result;
  if (clock != CLOCK_REALTIME && clock != CLOCK_REALTIME_COARSE) return result;
  int64_t nanoseconds = time->tv_nsec + *offset_ms % 1000 * 1000000;
  time->tv_sec += *offset_ms / 1000 + (nanoseconds < 0 ? -1 : nanoseconds / 1000000000);
  time->tv_nsec = nanoseconds < 0 ? nanoseconds + 1000000000 : nanoseconds % 1000000000;
  return 0;
}

int gettimeofday(struct timeval *restrict time, void *restrict zone) {
  (void)zone;
  struct timespec now;
  if (clock_gettime(CLOCK_REALTIME, &now) != 0) return -1;
  time->tv_sec = now.tv_sec;
  time->tv_usec = now.tv_nsec / 1000;
  return 0;
}

time_t time(time_t *result) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (result != NULL) *result = now.tv_sec;
  return now.tv_sec;
}
