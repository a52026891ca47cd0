/// What is asked of the cooldown of a model. Times are microseconds.
package enum CooldownCall: Sendable, Hashable {
  /// What is to be seen; it takes no probe's place.
  case look
  /// May a call begin? After a cooldown a few may, each for at most `lease`, until one of them has succeeded.
  case admit(probes: Int64, lease: Int64)
  case open(Opening)
  /// The probe of a generation has succeeded: the cooldown is over.
  case succeeded(generation: Int64)
  /// The probe of a generation ended without a result.
  case abandoned(generation: Int64)
  /// Somebody says that the model is back.
  case clear

  /// A model is to be left alone.
  package struct Opening: Sendable, Hashable {
    /// Why: a word, see ``CooldownState/endsByItself``.
    package var reason: String
    /// How long; `nil`: by how often it was opened in a row, from `base`, doubled each time, to `longest`.
    package var time: Int64?
    package var base: Int64
    package var longest: Int64
    /// The generation in which the failed call began: in another one it says nothing. `nil`: it counts whenever the call began.
    package var generation: Int64?

    package init(reason: String, time: Int64?, base: Int64, longest: Int64, generation: Int64?) {
      self.reason = reason
      self.time = time
      self.base = base
      self.longest = longest
      self.generation = generation
    }
  }

  /// Takes a probe's place, or gives one back: a second time that would be another one's. A place whose answer is lost ends by its lease.
  package var isTurn: Bool {
    switch self {
    case .admit, .abandoned: true
    case .look, .open, .succeeded, .clear: false
    }
  }
}
