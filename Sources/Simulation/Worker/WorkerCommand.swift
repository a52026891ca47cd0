/// What a parent tells its workers, each in a line of its own. The end of the input means that the parent has died.
package enum WorkerCommand: String, Sendable {
  case go
  /// No more arrivals, and whoever waits need not wait longer; what was sent is awaited.
  case stop
}
