#pragma once
#include <spawn.h>

// Swift imports glibc without _GNU_SOURCE, which hides these. The youngest of them is there since glibc 2.34.

#if defined(__GLIBC__) && !defined(__USE_GNU)
extern int pipe2(int ends[2], int flags);
extern int posix_spawn_file_actions_addchdir_np(posix_spawn_file_actions_t *actions, const char *path);
extern int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *actions, int from);
#endif

#ifndef POSIX_SPAWN_SETSID
#define POSIX_SPAWN_SETSID 0x80
#endif

/// A pipe whose ends are closed in every child that is not given them.
static inline int cspawn_pipe(int *ends, int flags) { return pipe2(ends, flags); }

/// The child changes its directory before it runs its first instruction.
static inline int cspawn_add_chdir(posix_spawn_file_actions_t *actions, const char *path) {
  return posix_spawn_file_actions_addchdir_np(actions, path);
}

/// The child inherits no file descriptor from this one on, whether close-on-exec or not.
static inline int cspawn_add_close_from(posix_spawn_file_actions_t *actions, int from) {
  return posix_spawn_file_actions_addclosefrom_np(actions, from);
}

/// The child starts a session of its own, with the signals' masks and actions as they are at login.
static const short cspawn_clean_session = POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
