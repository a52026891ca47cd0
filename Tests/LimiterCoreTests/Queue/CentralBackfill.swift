/// What one scheduler with backfill would do that sees all hosts at once and is told of everything without delay: each time something comes or
/// leaves the window, it walks all that wait in the order of their ranks, and lets a call pass the best of them only if both fit when that
/// one can start. It shares no code with the store, the scripts or the lanes: it is what these can reach at best.
struct CentralBackfill {
  typealias Call = (at: Int64, tokens: Int64, priority: Int)

  private let calls: [Call]
  private let amount: Int64
  private let length: Int64
  private var admitted: [(at: Int64, tokens: Int64)] = []
  private var first = 0
  private var used: Int64 = 0
  private var now: Int64 = 0
  private var waiting: [Int] = []
  private var waits: [Int64]

  /// The waits of calls in the order of their coming, in microseconds.
  static func waits(_ calls: [Call], amount: Int64, length: Int64) -> [Int64] {
    var scheduler = CentralBackfill(calls, amount: amount, length: length)
    scheduler.run()
    return scheduler.waits
  }

  private init(_ calls: [Call], amount: Int64, length: Int64) {
    (self.calls, self.amount, self.length) = (calls, amount, length)
    waits = Array(repeating: 0, count: calls.count)
  }

  private mutating func run() {
    var next = 0
    while next < calls.count || !waiting.isEmpty {
      let arrives = next < calls.count ? calls[next].at : .max
      let leaves = !waiting.isEmpty && first < admitted.count ? admitted[first].at + length : .max
      now = max(now, min(arrives, leaves))
      while first < admitted.count, admitted[first].at + length <= now {
        used -= admitted[first].tokens
        first += 1
      }
      while next < calls.count, calls[next].at <= now {
        let place = waiting.firstIndex { rank(next) < rank($0) } ?? waiting.endIndex
        waiting.insert(next, at: place)
        next += 1
      }
      walk()
    }
  }

  /// Class 1 first; each other class stands 30 s behind the one before it.
  private func rank(_ call: Int) -> (Int, Int64) {
    let (at, priority) = (calls[call].at, calls[call].priority)
    return priority == 1 ? (0, at) : (1, at + 30_000_000 * Int64(priority))
  }

  private mutating func walk() {
    // What may be admitted before the best of those that wait has started, once one of them does not fit.
    var beside: Int64?
    waiting = waiting.filter { call in
      let tokens = calls[call].tokens
      guard used + tokens <= amount, beside.map({ tokens <= $0 }) ?? true else {
        if beside == nil { beside = amount - tokens - usedAtStart(of: tokens) }
        return true
      }
      // Whatever is admitted now is still in the window when the best can start.
      if let left = beside { beside = left - tokens }
      admitted.append((now, tokens))
      used += tokens
      waits[call] = now - calls[call].at
      return false
    }
  }

  private func usedAtStart(of tokens: Int64) -> Int64 {
    var remaining = used
    var start = now
    for entry in admitted[first...] where remaining + tokens > amount || entry.at + length <= start {
      remaining -= entry.tokens
      start = entry.at + length
    }
    return remaining
  }
}
