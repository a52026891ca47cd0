/// What a failure means for the cooldown of its model, whoever keeps it: a process, or all that share a Redis.
package enum CooldownVerdict: Sendable, Hashable {
  /// It says nothing of the model.
  case nothing
  /// The provider has said how long to stay away: its word for all, whenever the call began.
  case hint(Duration)
  /// The model is left alone for so long.
  case time(Duration)
  /// It is left alone until somebody changes something: by this process, whose key it is.
  case untilChanged
  /// It counts: too many of them, and the model is left alone.
  case counts
}

extension CallFailure {
  package var cooldownVerdict: CooldownVerdict {
    if isOwnCooldown { return .nothing }
    switch errorClass.handling.cooldown {
    case .none: return .nothing
    case .long(let time): return .time(max(time, hint ?? .zero))
    case .untilChanged: return .untilChanged
    case .forHint, .afterThreshold:
      guard let hint, hint > .zero else { return .counts }
      return .hint(hint)
    }
  }
}
