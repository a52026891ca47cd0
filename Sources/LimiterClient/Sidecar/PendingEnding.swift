internal import LimiterCore
internal import NIOCore

/// A permit's ending that limiterd has not confirmed. Lives on the event loop.
final class PendingEnding {
  let permit: String
  /// The words of its command.
  let content: [[UInt8]]
  /// Of who waits for the answer; `nil`: that has gone.
  var promise: EventLoopPromise<SettleOutcome>?

  init(of permit: String, _ content: [[UInt8]]) {
    self.permit = permit
    self.content = content
  }

  func answered(_ result: Result<SettleOutcome, any Error>) {
    let waiting = promise
    waiting?.completeWith(result)
  }
}

/// All of them, by their permits.
struct PendingEndings {
  private var endings: [String: [PendingEnding]] = [:]
  private(set) var count = 0

  func contains(_ permit: String) -> Bool { endings[permit] != nil }

  /// One that says the same, and whose answer nobody waits for: of two that are asked for at once, only one is told that it has settled the permit.
  func withoutCaller(_ permit: String, content: [[UInt8]]) -> PendingEnding? {
    endings[permit]?.first { $0.promise == nil && $0.content == content }
  }

  mutating func add(_ ending: PendingEnding) {
    endings[ending.permit, default: []].append(ending)
    count += 1
  }

  mutating func remove(_ ending: PendingEnding) {
    guard var others = endings[ending.permit] else { return }
    others.removeAll { $0 === ending }
    endings[ending.permit] = others.isEmpty ? nil : others
    count -= 1
  }
}
