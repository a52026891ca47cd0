/// Whether something was seen.
actor Recorded {
  private(set) var isRaised = false

  func raise() { isRaised = true }
}

/// How often something was looked at.
actor Count {
  private(set) var sum = 0

  func add(_ number: Int) { sum += number }
}
