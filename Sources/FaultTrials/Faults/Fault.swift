/// One thing that goes wrong, and is right again when it is over.
package enum Fault: Sendable, Hashable {
  // Redis, the process.
  /// SIGSTOP, and SIGCONT after a time in milliseconds.
  case pauseRedis(Int)
  /// The same, and limits are decided by shares meanwhile: `on_failure: local`.
  case leaveAlone(Int)
  /// SIGKILL, and a start on the same folder after a time in milliseconds.
  case killRedis(down: Int)
  /// SIGKILL of a server without a file: it starts empty.
  case emptyRedis
  case flushAll
  /// SCRIPT FLUSH, so many times.
  case flushScripts(Int)
  /// CLIENT KILL TYPE normal, so many times.
  case killClients(Int)
  /// The primary dies, and a replica is promoted that has not heard of its last milliseconds.
  case failOver(lost: Int)
  /// The clock steps by so many milliseconds, and stays there.
  case stepClock(Int)
  /// No space is left where the append-only file stands, for so many milliseconds.
  case fillDisk(Int)

  // Redis, its errors; each for so many milliseconds.
  case answer(ErrorReply, Int)

  // A network between two of them, for so many milliseconds.
  case link(Link, LinkFault, Int)

  // The workers.
  /// SIGKILL of so many workers, one after the other; others take their places.
  case killWorkers(Int)
  /// SIGSTOP of a worker that holds permits, for so many milliseconds.
  case stopWorker(Int)
  /// So many workers start at once, and each asks for a permit.
  case thunder(Int)

  // The limiterds.
  case killLimiterd
  /// A new one starts at the socket of an old one that drains.
  case upgradeLimiterd

  package enum ErrorReply: String, Sendable, Hashable, CaseIterable {
    case outOfMemory = "OOM"
    case readOnly = "READONLY"
    case loading = "LOADING"
    case busy = "BUSY"
    case misconfigured = "MISCONF"
    case noPermission = "NOPERM"
    case tooManyClients = "maxclients"
  }

  package enum Link: String, Sendable, Hashable, CaseIterable {
    /// Between limiterd and Redis.
    case redis
    /// Between workers and limiterd.
    case workers
  }

  package enum LinkFault: Sendable, Hashable {
    /// Milliseconds.
    case delay(Int)
    /// Bytes in a millisecond.
    case drip(Int)
    /// Nothing arrives until it is over, and nothing is lost.
    case stall
    /// What is on its way vanishes, and connections of now stay silent; those of workers are cut in the end.
    case drop
    /// New connections are accepted and never answered; those of now are cut.
    case halfOpen
    /// New connections are closed at once; those of now are cut.
    case refuse
    /// Connections are reset, one time after the other.
    case reset
    /// Connections are cut after 1, 2, 3 ... bytes of replies.
    case cutAtEveryByte
    /// Every request is sent twice.
    case double
    /// Replies are swallowed, and then the connection is closed, over and over; between two times, so many milliseconds.
    case loseReplies(pause: Int)
  }
}

extension Fault: CustomStringConvertible {
  package var description: String {
    switch self {
    case .pauseRedis(let time): "redis paused \(time) ms"
    case .leaveAlone(let time): "redis paused \(time) ms, decided by shares"
    case .killRedis(let down): "redis killed, down \(down) ms"
    case .emptyRedis: "redis killed, empty"
    case .flushAll: "FLUSHALL"
    case .flushScripts(let times): "SCRIPT FLUSH x\(times)"
    case .killClients(let times): "CLIENT KILL x\(times)"
    case .failOver(let lost): "failover, \(lost) ms lost"
    case .stepClock(let time): "clock \(time > 0 ? "+" : "")\(time) ms"
    case .fillDisk(let time): "disk full \(time) ms"
    case .answer(let error, let time): "\(error.rawValue) \(time) ms"
    case .link(let link, let fault, let time): "\(link.rawValue): \(fault) \(time) ms"
    case .killWorkers(let count): "\(count) workers killed"
    case .stopWorker(let time): "worker stopped \(time) ms"
    case .thunder(let count): "\(count) workers at once"
    case .killLimiterd: "limiterd killed"
    case .upgradeLimiterd: "limiterd upgraded"
    }
  }
}

extension Fault.LinkFault: CustomStringConvertible {
  package var description: String {
    switch self {
    case .delay(let time): "delay \(time) ms"
    case .drip(let bytes): "drip \(bytes) B/ms"
    case .stall: "stall"
    case .drop: "drop"
    case .halfOpen: "half-open"
    case .refuse: "refuse"
    case .reset: "reset"
    case .cutAtEveryByte: "cut at every byte"
    case .double: "doubled"
    case .loseReplies: "lost replies"
    }
  }
}
