public import Hiredis
package import NIOCore

extension RedisClient {
  /// Sends one command and returns its reply.
  ///
  /// Without a connection it waits for one, as long as its time allows. One round trip, shared with all commands of the moment.
  ///
  /// - Parameters:
  ///   - arguments: The command's name and arguments.
  ///   - timeout: From now to the reply; `nil`: `commandTimeout` of the configuration.
  /// - Returns: Any reply but an error.
  /// - Throws: ``RedisError``: for error replies with the code that ``ServerErrorTable`` gives them, and for everything that can
  ///   happen on the way. `isSafeToSendAgain` tells whether the command may have run. Cancellation throws `cancelled`.
  public func send(_ arguments: [CommandArgument], timeout: Duration? = nil) async throws -> Reply {
    if let error = ConnectionCommands.refusal(of: arguments) { throw error }
    return try await submit(.plain(arguments), timeout: timeout)
  }

  /// Runs a script by its SHA-1 and returns its reply; if Redis has forgotten it, loads it and runs it once more.
  ///
  /// - Parameters:
  ///   - script: Any script; those of the configuration are already loaded.
  ///   - keys: `KEYS`, all in one hash tag if there is a cluster.
  ///   - arguments: `ARGV`.
  ///   - timeout: From now to the reply; `nil`: `commandTimeout` of the configuration.
  /// - Returns: Any reply but an error.
  /// - Throws: ``RedisError``, as ``send(_:timeout:)``. A script that fails half-way is not rolled back: for its errors
  ///   `outcome` is `unknown` unless Redis refused it as a whole.
  public func evaluate(
    _ script: RedisScript, keys: [CommandArgument], arguments: [CommandArgument], timeout: Duration? = nil
  ) async throws -> Reply {
    try await submit(.script(script, keys: keys, arguments: arguments), timeout: timeout)
  }

  /// The same without an `async` hop, for code that lives on ``eventLoop``.
  ///
  /// `promise` is completed on ``eventLoop``, possibly before this function returns (a bound is reached, the client has
  /// stopped), with a reply that is no error, or with a ``RedisError``. There is no cancellation.
  ///
  /// - Precondition: called on ``eventLoop``, and `promise` is of ``eventLoop``.
  package func evaluate(
    _ script: RedisScript, keys: [CommandArgument], arguments: [CommandArgument], deadline: NIODeadline,
    promise: EventLoopPromise<Reply>
  ) {
    core.value.submit(
      RedisCommand(.script(script, keys: keys, arguments: arguments), deadline: deadline, promise: promise))
  }

  /// As ``send(_:timeout:)``, without an `async` hop; see ``evaluate(_:keys:arguments:deadline:promise:)``.
  package func send(_ arguments: [CommandArgument], deadline: NIODeadline, promise: EventLoopPromise<Reply>) {
    if let error = ConnectionCommands.refusal(of: arguments) { return promise.fail(error) }
    core.value.submit(RedisCommand(.plain(arguments), deadline: deadline, promise: promise))
  }

  private func submit(_ payload: sending RedisCommand.Payload, timeout: Duration?) async throws -> Reply {
    let promise = eventLoop.makePromise(of: Reply.self)
    let deadline = eventLoop.deadline(in: timeout ?? configuration.commandTimeout)
    let command = NIOLoopBoundBox.makeBoxSendingValue(
      RedisCommand(payload, deadline: deadline, promise: promise), eventLoop: eventLoop)
    return try await withTaskCancellationHandler {
      eventLoop.execute {
        // Cancelled before it began.
        guard !command.value.isDone else { return }
        self.core.value.submit(command.value)
      }
      return try await promise.futureResult.get()
    } onCancel: {
      eventLoop.execute { self.core.value.abandon(command.value) }
    }
  }
}
