internal import LimiterCore

/// A permit that is settled: what is sent until it is answered, and who asked.
final class Settlement {
  let item: SettleBatch.Item
  /// Lengths of the windows to which usage may be added, by key name.
  let windowLengths: [String: Int64]
  /// What the permit has reserved, as far as this process knows.
  let needs: [LimitNeed]
  /// The limits that get something back.
  let freed: [LimitID]
  /// Until when it is held otherwise, on the local monotonic clock.
  let until: Int64
  /// Redis has confirmed it before, and may have forgotten that.
  let isAgain: Bool
  /// Redis refused a batch in which it was: it is sent by itself.
  var isAlone = false
  /// Redis did not know it, and was asked whether it has forgotten something.
  var isDoubted = false
  private var answered: ((Result<SettleOutcome, any Error>) -> Void)?

  init(
    _ item: SettleBatch.Item, windowLengths: [String: Int64] = [:], needs: [LimitNeed], freed: [LimitID], until: Int64,
    isAgain: Bool = false, answered: ((Result<SettleOutcome, any Error>) -> Void)? = nil
  ) {
    self.item = item
    self.windowLengths = windowLengths
    self.needs = needs
    self.freed = freed
    self.until = until
    self.isAgain = isAgain
    self.answered = answered
  }

  /// Who is to be told, once.
  func take() -> ((Result<SettleOutcome, any Error>) -> Void)? {
    defer { answered = nil }
    return answered
  }

  /// The same once more; whoever asked for it has the answer.
  func again(_ answered: @escaping (SettleOutcome?) -> Void) -> Settlement {
    let again = Settlement(
      item, windowLengths: windowLengths, needs: needs, freed: freed, until: until, isAgain: true
    ) { answered(try? $0.get()) }
    (again.isAlone, again.isDoubted) = (isAlone, isDoubted)
    return again
  }
}
