extension RedisError {
  /// What happened.
  public struct Code: Sendable, Hashable, CustomStringConvertible {
    private enum Value: String {
      case invalidConfiguration, noServer, hostNotFound, tls, connectFailed
      case timeout, connectionLost, protocolViolation, tooManyPending, cancelled, stopped, unsupportedCommand,
        invalidCommand
      case noScript, loading, busy, readOnly, moved, ask, tryAgain, clusterDown, crossSlot, masterDown, noReplicas
      case outOfMemory, misconfigured, noPermission, authenticationRequired, wrongPassword, protectedMode,
        tooManyClients
      case wrongType, unknownCommand, server
    }

    private let value: Value
    private init(_ value: Value) { self.value = value }

    /// The code's name.
    public var description: String { value.rawValue }

    // Before or without a server.

    /// A URL or a setting is wrong; nothing was tried.
    public static let invalidConfiguration = Code(.invalidConfiguration)
    /// Nobody listens there: connection refused, or no such socket.
    public static let noServer = Code(.noServer)
    /// The host name has no address.
    public static let hostNotFound = Code(.hostNotFound)
    /// The TLS handshake failed, or a certificate was not accepted.
    public static let tls = Code(.tls)
    /// A connection could not be made, for another reason.
    public static let connectFailed = Code(.connectFailed)

    // A command's fate.

    /// No reply (or no connection) within the command's time.
    public static let timeout = Code(.timeout)
    /// The connection ended before the reply came.
    public static let connectionLost = Code(.connectionLost)
    /// What came was not RESP2, beyond a bound, or not asked for.
    public static let protocolViolation = Code(.protocolViolation)
    /// A bound of ``RedisClientLimits`` was reached.
    public static let tooManyPending = Code(.tooManyPending)
    /// The caller's task was cancelled.
    public static let cancelled = Code(.cancelled)
    /// The client's `run()` has ended.
    public static let stopped = Code(.stopped)
    /// The command would change the connection that all callers share.
    public static let unsupportedCommand = Code(.unsupportedCommand)
    /// The command could not be encoded.
    public static let invalidCommand = Code(.invalidCommand)

    // Redis answered an error; see ``ServerErrorTable``.

    /// `NOSCRIPT`: the script is not loaded, and loading it again did not help.
    public static let noScript = Code(.noScript)
    /// `LOADING`: Redis reads its data after a start.
    public static let loading = Code(.loading)
    /// `BUSY`: a script runs for too long.
    public static let busy = Code(.busy)
    /// `READONLY`: this is a replica.
    public static let readOnly = Code(.readOnly)
    /// `MOVED`: another node of the cluster has the slot.
    public static let moved = Code(.moved)
    /// `ASK`: the slot is being moved to another node.
    public static let ask = Code(.ask)
    /// `TRYAGAIN`: the keys of a slot that is being moved are on two nodes.
    public static let tryAgain = Code(.tryAgain)
    /// `CLUSTERDOWN`: the cluster does not serve the slot.
    public static let clusterDown = Code(.clusterDown)
    /// `CROSSSLOT`: the keys are in different slots.
    public static let crossSlot = Code(.crossSlot)
    /// `MASTERDOWN`: a replica has lost its primary.
    public static let masterDown = Code(.masterDown)
    /// `NOREPLICAS`: fewer replicas than `min-replicas-to-write`.
    public static let noReplicas = Code(.noReplicas)
    /// `OOM`: `maxmemory` is reached.
    public static let outOfMemory = Code(.outOfMemory)
    /// `MISCONF`: Redis cannot save, and so refuses writes.
    public static let misconfigured = Code(.misconfigured)
    /// `NOPERM`: the ACL user may not.
    public static let noPermission = Code(.noPermission)
    /// `NOAUTH`: a password is needed.
    public static let authenticationRequired = Code(.authenticationRequired)
    /// `WRONGPASS`: user or password is wrong.
    public static let wrongPassword = Code(.wrongPassword)
    /// `DENIED`: protected mode.
    public static let protectedMode = Code(.protectedMode)
    /// `maxclients` is reached.
    public static let tooManyClients = Code(.tooManyClients)
    /// `WRONGTYPE`: the key holds another type.
    public static let wrongType = Code(.wrongType)
    /// The server does not know the command.
    public static let unknownCommand = Code(.unknownCommand)
    /// Any other error reply.
    public static let server = Code(.server)
  }
}
