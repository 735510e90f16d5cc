/*
 * Stands between a process and its disk: every change of a file below one folder is written down in the order in which
 * it happened, and one of them can be made to fail, or to be the last thing that the process does. Loaded with
 * LD_PRELOAD, so that SQLite's own writes are seen as well as Node's. Linux, glibc or musl.
 *
 *   CRASH_DISK_ROOT   folder whose files are watched; `-shm` files are not: SQLite makes them anew after a crash
 *   CRASH_DISK_MARKS  a file; what is written to it is noted in the log as a remark and counts as no change
 *   CRASH_DISK_LOG    where the log goes; none if absent
 *   CRASH_DISK_FAULT  `N KIND`: what happens at the N-th change, counted from 1 from the remark `begin` on:
 *                       kill-before, kill-torn (half of a write has happened), kill-after,
 *                       ENOSPC, EIO (this one change fails), ENOSPC+, EIO+ (this one and all that follow)
 *
 * The log: one line per change, `O fd created truncated path`, `X fd`, `W fd offset length` and the bytes, `T fd size`,
 * `S fd`, `R from\tto`, `L from\tto`, `U path`, `M path`, `D path`, `K length` and the remark.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#undef open64
#undef openat64
#undef pwrite64
#undef pwritev64
#undef ftruncate64

#define FDS 65536
enum { NOT_WATCHED, WATCHED, MARKS };
enum { NO_FAULT, KILL_BEFORE, KILL_TORN, KILL_AFTER, FAIL_ONCE, FAIL_ON };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned char kind_of[FDS];
static char root[PATH_MAX], marks[PATH_MAX];
static size_t root_length;
static int log_fd = -1, ready, begun, fault_kind, fault_errno;
static long fault_at, changes;

static long (*real_syscall)(long, ...);
#define REAL(result, name, ...) static result (*real_##name)(__VA_ARGS__)
REAL(int, open, const char *, int, ...);
REAL(int, openat, int, const char *, int, ...);
REAL(int, close, int);
REAL(ssize_t, write, int, const void *, size_t);
REAL(ssize_t, pwrite, int, const void *, size_t, off_t);
REAL(int, ftruncate, int, off_t);
REAL(int, fsync, int);
REAL(int, fdatasync, int);
REAL(int, rename, const char *, const char *);
REAL(int, unlink, const char *);
REAL(int, unlinkat, int, const char *, int);
REAL(int, rmdir, const char *);
REAL(int, mkdir, const char *, mode_t);
REAL(int, link, const char *, const char *);

static void *find(const char *name) { return dlsym(RTLD_NEXT, name); }

static void parse_fault(const char *text) {
  char kind[32];
  if (text == NULL || sscanf(text, "%ld %31s", &fault_at, kind) != 2) return;
  if (strcmp(kind, "kill-before") == 0) fault_kind = KILL_BEFORE;
  else if (strcmp(kind, "kill-torn") == 0) fault_kind = KILL_TORN;
  else if (strcmp(kind, "kill-after") == 0) fault_kind = KILL_AFTER;
  else {
    fault_errno = strncmp(kind, "EIO", 3) == 0 ? EIO : ENOSPC;
    fault_kind = kind[strlen(kind) - 1] == '+' ? FAIL_ON : FAIL_ONCE;
  }
}

__attribute__((constructor)) static void initialise(void) {
  if (ready) return;
  real_syscall = find("syscall");
  real_open = find("open");
  real_openat = find("openat");
  real_close = find("close");
  real_write = find("write");
  real_pwrite = find("pwrite");
  real_ftruncate = find("ftruncate");
  real_fsync = find("fsync");
  real_fdatasync = find("fdatasync");
  real_rename = find("rename");
  real_unlink = find("unlink");
  real_unlinkat = find("unlinkat");
  real_rmdir = find("rmdir");
  real_mkdir = find("mkdir");
  real_link = find("link");
  const char *given = getenv("CRASH_DISK_ROOT");
  if (given != NULL) snprintf(root, sizeof root, "%s", given);
  root_length = strlen(root);
  given = getenv("CRASH_DISK_MARKS");
  if (given != NULL) snprintf(marks, sizeof marks, "%s", given);
  given = getenv("CRASH_DISK_LOG");
  if (given != NULL) log_fd = real_open(given, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  parse_fault(getenv("CRASH_DISK_FAULT"));
  ready = 1;
}

static void enter(void) {
  initialise();
  pthread_mutex_lock(&lock);
}

static void leave(void) {
  int saved = errno;
  pthread_mutex_unlock(&lock);
  errno = saved;
}

/* Bytes of the log; a log that is not whole is worthless, so a failure ends the process. */
static void put(const void *bytes, size_t length) {
  const char *at = bytes;
  while (log_fd >= 0 && length > 0) {
    ssize_t done = real_write(log_fd, at, length);
    if (done < 0) abort();
    at += done;
    length -= (size_t)done;
  }
}

static void say(const char *format, ...) {
  char line[3 * PATH_MAX];
  va_list arguments;
  int saved = errno;
  va_start(arguments, format);
  int length = vsnprintf(line, sizeof line, format, arguments);
  va_end(arguments);
  put(line, (size_t)length);
  errno = saved;
}

/* The absolute path of `path` in `folder`, an open directory or AT_FDCWD. */
static const char *full(int folder, const char *path, char *buffer) {
  if (path[0] == '/') return path;
  char link_path[64];
  snprintf(link_path, sizeof link_path, folder == AT_FDCWD ? "/proc/self/cwd" : "/proc/self/fd/%d", folder);
  ssize_t length = readlink(link_path, buffer, PATH_MAX - 1);
  if (length < 0) return path;
  snprintf(buffer + length, (size_t)(PATH_MAX - length), "/%s", path);
  return buffer;
}

static int watches(const char *path) {
  size_t length = strlen(path);
  if (root_length == 0 || strncmp(path, root, root_length) != 0) return NOT_WATCHED;
  if (path[root_length] != '/' && path[root_length] != '\0') return NOT_WATCHED;
  return length > 4 && strcmp(path + length - 4, "-shm") == 0 ? NOT_WATCHED : WATCHED;
}

static int kind(int fd) { return fd >= 0 && fd < FDS ? kind_of[fd] : NOT_WATCHED; }

static void remark_fault(void) {
  static const char text[] = "{\"fault\":true}";
  say("K %zu\n%s\n", sizeof text - 1, text);
}

static void die(void) {
  remark_fault();
  kill(getpid(), SIGKILL);
}

/* Whether the change that is about to happen fails; where it kills, nothing comes back from here. */
static int fails(void) {
  if (!begun) return 0;
  changes++;
  if (fault_kind == KILL_BEFORE && changes == fault_at) die();
  if ((fault_kind == FAIL_ONCE && changes == fault_at) || (fault_kind == FAIL_ON && changes >= fault_at)) {
    if (changes == fault_at) remark_fault();
    errno = fault_errno;
    return 1;
  }
  return 0;
}

static void after(void) {
  if (begun && changes == fault_at && (fault_kind == KILL_AFTER || fault_kind == KILL_TORN)) die();
}

/* How much of a write is done: half of the one at which the process dies. */
static size_t part(size_t length) {
  int torn = begun && changes == fault_at && fault_kind == KILL_TORN;
  return torn ? length / 2 : length;
}

static int opened(int fd, const char *path, int flags, int existed) {
  if (fd < 0 || fd >= FDS) return fd;
  kind_of[fd] = strcmp(path, marks) == 0 && marks[0] != '\0' ? MARKS : watches(path);
  if (kind_of[fd] == WATCHED) say("O %d %d %d %s\n", fd, !existed, (flags & O_TRUNC) != 0, path);
  return fd;
}

static int open_at(int folder, const char *given, int flags, mode_t mode) {
  char buffer[PATH_MAX];
  enter();
  const char *path = full(folder, given, buffer);
  int existed = 1, fd;
  if (watches(path) && strcmp(path, marks) != 0) {
    existed = faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
    int changing = (!existed && (flags & O_CREAT) != 0) || (existed && (flags & O_TRUNC) != 0);
    if (changing && fails()) {
      leave();
      return -1;
    }
    fd = opened(real_openat(folder, given, flags, mode), path, flags, existed);
    if (changing) after();
  } else fd = opened(real_openat(folder, given, flags, mode), path, flags, existed);
  leave();
  return fd;
}

#define MODE_OF(flags, mode)                                   \
  mode_t mode = 0;                                             \
  if (((flags) & O_CREAT) != 0 || ((flags) & O_TMPFILE) == O_TMPFILE) { \
    va_list arguments;                                         \
    va_start(arguments, flags);                                \
    mode = (mode_t)va_arg(arguments, int);                     \
    va_end(arguments);                                         \
  }

int open(const char *path, int flags, ...) {
  MODE_OF(flags, mode)
  return open_at(AT_FDCWD, path, flags, mode);
}
int open64(const char *path, int flags, ...) {
  MODE_OF(flags, mode)
  return open_at(AT_FDCWD, path, flags | O_LARGEFILE, mode);
}
int openat(int folder, const char *path, int flags, ...) {
  MODE_OF(flags, mode)
  return open_at(folder, path, flags, mode);
}
int openat64(int folder, const char *path, int flags, ...) {
  MODE_OF(flags, mode)
  return open_at(folder, path, flags | O_LARGEFILE, mode);
}
int creat(const char *path, mode_t mode) { return open_at(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode); }

int close(int fd) {
  enter();
  if (kind(fd) == WATCHED) say("X %d\n", fd);
  if (fd >= 0 && fd < FDS) kind_of[fd] = NOT_WATCHED;
  int result = real_close(fd);
  leave();
  return result;
}

/* libuv closes its files in this way. */
long syscall(long number, ...) {
  long a[6];
  va_list arguments;
  va_start(arguments, number);
  for (int i = 0; i < 6; i++) a[i] = va_arg(arguments, long);
  va_end(arguments);
  if (number == SYS_close) return close((int)a[0]);
  initialise();
  return real_syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

/* `offset` -1: where the file stands, or its end if it is open for appending. */
static ssize_t write_at(int fd, const void *bytes, size_t length, off_t offset) {
  enter();
  ssize_t done;
  if (kind(fd) == MARKS) {
    if (length == 5 && memcmp(bytes, "begin", 5) == 0) begun = 1;
    say("K %zu\n", length);
    put(bytes, length);
    put("\n", 1);
    done = (ssize_t)length;
  } else if (kind(fd) == NOT_WATCHED) {
    leave(); /* it may be a pipe, and wait */
    return offset < 0 ? real_write(fd, bytes, length) : real_pwrite(fd, bytes, length, offset);
  } else if (fails()) done = -1;
  else {
    struct stat facts;
    off_t at = offset;
    if (at < 0) {
      int append = (fcntl(fd, F_GETFL) & O_APPEND) != 0;
      at = append && fstat(fd, &facts) == 0 ? facts.st_size : lseek(fd, 0, SEEK_CUR);
    }
    done = offset < 0 ? real_write(fd, bytes, part(length)) : real_pwrite(fd, bytes, part(length), offset);
    if (done > 0) {
      say("W %d %lld %zd\n", fd, (long long)at, done);
      put(bytes, (size_t)done);
      put("\n", 1);
    }
    after();
  }
  leave();
  return done;
}

ssize_t write(int fd, const void *bytes, size_t length) { return write_at(fd, bytes, length, -1); }
ssize_t pwrite(int fd, const void *bytes, size_t length, off_t offset) { return write_at(fd, bytes, length, offset); }
ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t offset) {
  return write_at(fd, bytes, length, offset);
}

/* A vector is written piece by piece: for files that means the same, and a fault may fall between the pieces. */
static ssize_t write_all(int fd, const struct iovec *pieces, int count, off_t offset) {
  ssize_t total = 0;
  for (int i = 0; i < count; i++) {
    if (pieces[i].iov_len == 0) continue;
    ssize_t done = write_at(fd, pieces[i].iov_base, pieces[i].iov_len, offset < 0 ? -1 : offset + total);
    if (done < 0) return total > 0 ? total : -1;
    total += done;
    if ((size_t)done < pieces[i].iov_len) break;
  }
  return total;
}
ssize_t writev(int fd, const struct iovec *pieces, int count) {
  if (kind(fd) != NOT_WATCHED) return write_all(fd, pieces, count, -1);
  initialise();
  return real_syscall(SYS_writev, fd, pieces, count);
}
ssize_t pwritev(int fd, const struct iovec *pieces, int count, off_t offset) {
  return write_all(fd, pieces, count, offset);
}
ssize_t pwritev64(int fd, const struct iovec *pieces, int count, off64_t offset) {
  return write_all(fd, pieces, count, offset);
}

static int truncated(int fd, off_t size) {
  enter();
  int watched = kind(fd) == WATCHED;
  int result = watched && fails() ? -1 : real_ftruncate(fd, size);
  if (watched && result == 0) say("T %d %lld\n", fd, (long long)size);
  if (watched) after();
  leave();
  return result;
}
int ftruncate(int fd, off_t size) { return truncated(fd, size); }
int ftruncate64(int fd, off64_t size) { return truncated(fd, size); }

static int synced(int fd, int (*real)(int)) {
  int watched = kind(fd) == WATCHED;
  int result = watched && fails() ? -1 : real(fd);
  if (watched && result == 0) say("S %d\n", fd);
  if (watched) after();
  return result;
}
int fsync(int fd) {
  enter();
  int result = synced(fd, real_fsync);
  leave();
  return result;
}
int fdatasync(int fd) {
  enter();
  int result = synced(fd, real_fdatasync);
  leave();
  return result;
}

#define NAMED(path, call, record)                  \
  enter();                                         \
  int watched = watches(path);                     \
  int result = watched && fails() ? -1 : (call);   \
  if (watched && result == 0) record;              \
  if (watched) after();                            \
  leave();                                         \
  return result;

int rename(const char *from, const char *to) { NAMED(to, real_rename(from, to), say("R %s\t%s\n", from, to)) }
int link(const char *from, const char *to) { NAMED(to, real_link(from, to), say("L %s\t%s\n", from, to)) }
int unlink(const char *path) { NAMED(path, real_unlink(path), say("U %s\n", path)) }
int rmdir(const char *path) { NAMED(path, real_rmdir(path), say("D %s\n", path)) }
int mkdir(const char *path, mode_t mode) { NAMED(path, real_mkdir(path, mode), say("M %s\n", path)) }
int unlinkat(int folder, const char *given, int flags) {
  char buffer[PATH_MAX];
  const char *path = full(folder, given, buffer);
  NAMED(path, real_unlinkat(folder, given, flags), say("%s %s\n", (flags & AT_REMOVEDIR) != 0 ? "D" : "U", path))
}
