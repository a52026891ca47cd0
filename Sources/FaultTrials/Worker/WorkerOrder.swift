import Foundation

/// What a worker process is told, as JSON on its command line.
package struct WorkerOrder: Codable, Sendable {
  /// The limiterd to ask, or the proxy before it.
  package var socket: String
  package var number: Int
  package var seed: UInt64
  /// Tasks that call, one call after the other.
  package var callers: Int
  /// The first so many of the callers belong to tenants, whose own limits are narrow: they mostly wait.
  package var tenantCallers: Int
  /// Every caller begins a call each so many microseconds, and does not catch up on what it missed.
  package var period: Int
  /// A permit is held for so many microseconds at most.
  package var longestHold: Int
  /// How long a call waits for its limits, in milliseconds.
  package var wait: Int
  /// Where each permit's call is made, `http://host:port`; `nil`: nowhere.
  package var provider: String?
  /// Ends after one call of each caller.
  package var isOnce = false
  /// The same runs for all workers, so that there are no more and no more of them.
  package var keepsRuns = false

  package init(
    socket: String, number: Int, seed: UInt64, callers: Int, tenantCallers: Int, period: Int, longestHold: Int,
    wait: Int
  ) {
    self.socket = socket
    self.number = number
    self.seed = seed
    self.callers = callers
    self.tenantCallers = tenantCallers
    self.period = period
    self.longestHold = longestHold
    self.wait = wait
  }

  var text: String { (try? JSONEncoder().encode(self)).map { String(decoding: $0, as: UTF8.self) } ?? "{}" }

  package init(text: String) throws { self = try JSONDecoder().decode(WorkerOrder.self, from: Data(text.utf8)) }
}
