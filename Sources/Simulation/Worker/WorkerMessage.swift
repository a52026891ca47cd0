/// One line that a worker writes to its standard output, as JSON.
package enum WorkerMessage: Codable, Sendable {
  /// Connected to Redis and to the provider; it waits for the start.
  case ready
  /// Where it stands.
  case progress(WorkerProgress)
  /// Everything is settled; nothing follows.
  case end(WorkerProgress)
  /// It cannot go on.
  case fatal(message: String)
}
