import Testing

@Suite("A bad policy says all that is wrong, and where")
struct PolicyMistakeTests {
  @Test("the server", arguments: BadPolicy.server)
  func server(_ bad: BadPolicy) { bad.check() }

  @Test("keys", arguments: BadPolicy.keys)
  func keys(_ bad: BadPolicy) { bad.check() }

  @Test("top-level values", arguments: BadPolicy.values)
  func values(_ bad: BadPolicy) { bad.check() }

  @Test("models", arguments: BadPolicy.models)
  func models(_ bad: BadPolicy) { bad.check() }

  @Test("limits", arguments: BadPolicy.limits)
  func limits(_ bad: BadPolicy) { bad.check() }
}
