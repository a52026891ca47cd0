internal import CSpawn
import Foundation

/// What a child does before its first instruction. Owns one `posix_spawn_file_actions_t`.
@safe
struct FileActions: ~Copyable {
  private var actions = unsafe posix_spawn_file_actions_t()
  // The functions below fail only for want of memory or for impossible descriptors; spawning reports it.
  private var status: CInt = 0

  init() throws(PrivateRedisError) {
    guard unsafe posix_spawn_file_actions_init(&actions) == 0 else {
      throw SystemCall.error("could not prepare a child")
    }
  }

  deinit {
    var actions = unsafe actions
    unsafe posix_spawn_file_actions_destroy(&actions)
  }

  mutating func duplicate(_ descriptor: Int32, to target: Int32) {
    note(unsafe posix_spawn_file_actions_adddup2(&actions, descriptor, target))
  }

  mutating func open(_ path: String, flags: Int32, as descriptor: Int32) {
    note(unsafe posix_spawn_file_actions_addopen(&actions, descriptor, path, flags, 0o600))
  }

  /// Sockets of ours would stay open for others as long as the child lives: not even those without close-on-exec are inherited.
  mutating func closeOthersAndEnter(_ directory: String) {
    note(unsafe cspawn_add_close_from(&actions, 3))
    note(unsafe cspawn_add_chdir(&actions, directory))
  }

  consuming func spawn(
    _ executable: String, _ arguments: [String], _ environment: [String: String]
  ) throws(PrivateRedisError) -> pid_t {
    // Threads of our process may block signals, and a program may ignore some: a child would inherit both.
    var attributes = posix_spawnattr_t()
    unsafe posix_spawnattr_init(&attributes)
    defer { unsafe posix_spawnattr_destroy(&attributes) }
    var noSignals = sigset_t()
    var allSignals = sigset_t()
    unsafe sigemptyset(&noSignals)
    unsafe sigfillset(&allSignals)
    unsafe posix_spawnattr_setsigmask(&attributes, &noSignals)
    unsafe posix_spawnattr_setsigdefault(&attributes, &allSignals)
    unsafe posix_spawnattr_setflags(&attributes, cspawn_clean_session)

    let argv = unsafe Self.cStrings([executable] + arguments)
    defer { unsafe argv.forEach { unsafe free($0) } }
    let variables = unsafe Self.cStrings(environment.map { "\($0.key)=\($0.value)" })
    defer { unsafe variables.forEach { unsafe free($0) } }
    var pid: pid_t = 0
    let failure = unsafe status != 0 ? status : posix_spawn(&pid, executable, &actions, &attributes, argv, variables)
    guard failure == 0 else {
      throw PrivateRedisError(.systemCallFailed, "could not start \(executable): \(SystemCall.text(of: failure))")
    }
    return pid
  }

  private mutating func note(_ result: CInt) { if status == 0 { status = result } }

  /// Copies, with the nil at the end that C wants.
  private static func cStrings(_ texts: [String]) -> [UnsafeMutablePointer<CChar>?] {
    unsafe texts.map { unsafe strdup($0) } + [nil]
  }
}
