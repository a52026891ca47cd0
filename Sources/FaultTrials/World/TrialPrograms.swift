/// The programs that a trial starts.
package struct TrialPrograms: Sendable {
  /// The path of `limiterd`.
  package var limiterd: String
  /// A program and its arguments that make it a worker; the order follows.
  package var worker: [String]

  package init(limiterd: String, worker: [String]) {
    self.limiterd = limiterd
    self.worker = worker
  }
}
