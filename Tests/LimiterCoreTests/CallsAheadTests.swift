import LimiterCore
import Testing

@Suite("Calls ahead of another one")
struct CallsAheadTests {
  @Test(
    "hold it up where there is no room for all of them",
    arguments: [
      ([], 100, 0, 0), ([10], 90, 0, 0), ([10], 91, 0, 1), ([10, 20], 60, 10, 0), ([10, 20], 61, 10, 2),
      ([1], 1, 99, 1), ([1], 0, 100, 1), ([1], 1, 200, 1), ([.max, .max], 1, 0, 2),
    ] as [([Int64], Int64, Int64, Int)])
  func holdingUp(_ amounts: [Int64], _ needed: Int64, _ used: Int64, _ expected: Int) {
    var ahead = CallsAhead()
    for amount in amounts { ahead.add(amount) }
    #expect(ahead.holdingUp(needed, used: used, allowed: 100) == expected)
  }
}
