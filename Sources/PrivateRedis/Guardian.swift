internal import CSpawn
import Foundation

/// A tiny shell that outlives us by the time it takes to clean up, so that a server never outlives its owner: not even an owner that was
/// killed with SIGKILL.
///
/// It sleeps on a pipe of which we alone hold the other end (close-on-exec: no other child has it). The kernel closes that end when we
/// die, however we die. Then the shell kills every process that runs redis-server *in our directory*: the directory is the working
/// directory of the server from its first instruction on, and of its forks, so there is no process id to be told, and none to be
/// mistaken. Where it is kept, the shell stands in it, too: so it is known also when somebody has removed it, and another one made in
/// its place. The pipe cannot end in the middle of starting a server: until its exec, the new process holds our end too.
///
/// `PR_SET_PDEATHSIG` would not do: it fires when the *thread* that started the child ends, and threads of a pool come and go.
final class Guardian: Sendable {
  private let shell: ChildProcess
  private let pipe: FileHandle

  /// - Parameters:
  ///   - directory: where the server will work. It need not be there yet, unless it is kept: first the guardian, then what it guards.
  ///   - keepsDirectory: kept, and the server gets SIGTERM and time to write; otherwise SIGKILL, and the directory is removed.
  ///   - lock: the directory's, which is free when the guardian has ended.
  init(
    directory: String, executable: String, keepsDirectory: Bool, lock: FolderLock? = nil
  ) throws(PrivateRedisError) {
    var ends: [CInt] = [-1, -1]
    guard unsafe cspawn_pipe(&ends, O_CLOEXEC) == 0 else { throw SystemCall.error("could not open a pipe") }
    defer { close(ends[0]) }
    pipe = FileHandle(fileDescriptor: ends[1], closeOnDealloc: true)
    shell = try ChildProcess(
      executable: "/bin/sh",
      arguments: ["-c", Self.script, "guardian", directory, executable, keepsDirectory ? "keep" : "remove"],
      directory: keepsDirectory ? directory : "/", input: ends[0], outputDescriptor: lock?.descriptor,
      errors: "/dev/null")
  }

  /// Lets go: what still runs in the directory is killed. Blocks the thread until all is cleaned up.
  func release() {
    try? pipe.close()
    _ = shell.waitForEnd()
  }

  // `-ef` compares files without starting a process, of which there may be as many as there are processes on this machine. A directory that was
  // removed has no name to compare: one that was ours alone is known by the name that it had.
  private static let script = """
    trap '' INT TERM HUP
    PATH=/usr/bin:/bin:$PATH
    directory=$1 executable=$2 after=$3
    while read -r _; do :; done
    is_here() {
      if [ "$after" = keep ]; then [ "$1/cwd" -ef . ]; return; fi
      [ "$1/cwd" -ef "$directory" ] || [ "$(readlink "$1/cwd")" = "$directory (deleted)" ]
    }
    send() {
      found=1
      for process in /proc/[0-9]*; do
        if [ "$process/exe" -ef "$executable" ] && is_here "$process"; then
          kill "-$1" "${process#/proc/}" && found=0
        fi
      done
      if [ ! -e /proc/self ] && [ -s "$directory/redis.pid" ]; then
        kill "-$1" "$(cat "$directory/redis.pid")" && found=0
      fi
      return $found
    } 2>/dev/null
    tries=0
    if [ "$after" = keep ]; then
      send CONT
      send TERM
      while send 0 && [ $tries -lt 50 ]; do sleep 0.1; tries=$((tries + 1)); done
    fi
    tries=0
    while send KILL && [ $tries -lt 100 ]; do sleep 0.02; tries=$((tries + 1)); done
    if [ "$after" = remove ]; then rm -rf -- "$directory"; fi
    """
}
