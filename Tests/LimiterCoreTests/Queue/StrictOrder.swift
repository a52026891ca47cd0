/// What strict order (first come, first served, nobody passes) would have been: each call starts when it fits and all before it have
/// started. It shares no code with the store.
enum StrictOrder {
  /// The waits of calls that come at `at` and need `tokens`, in the order of their coming, in microseconds.
  static func waits(_ calls: [(at: Int64, tokens: Int64)], amount: Int64, length: Int64) -> [Int64] {
    var admitted: [(at: Int64, tokens: Int64)] = []
    var first = 0
    var inside: Int64 = 0
    var now: Int64 = 0
    return calls.map { call in
      now = max(now, call.at)
      while true {
        while first < admitted.count, admitted[first].at + length <= now {
          inside -= admitted[first].tokens
          first += 1
        }
        if inside + call.tokens <= amount { break }
        now = admitted[first].at + length
      }
      admitted.append((now, call.tokens))
      inside += call.tokens
      return now - call.at
    }
  }
}
