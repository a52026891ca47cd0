import LimiterConfiguration

/// Wrong top-level values.
extension BadPolicy {
  private static let rest = "\nlimits: {a: {requests: 1/1s}}\n"

  static let values: [BadPolicy] = [
    BadPolicy(
      "every value of a wrong type",
      """
      domain: [d]
      headroom: {a: 1}
      guard:
      time_zone: [UTC]
      hold: {}
      session_ttl: []
      require: {run: true}
      models: 5
      limits: ~
      """,
      Mistake("1:9", .wrongType, "domain", "a name of letters", "a list"),
      Mistake("2:11", .wrongType, "headroom", "a share above 0", "a mapping"),
      Mistake("3:7", .wrongType, "guard", "a duration such as 250ms", "nothing"),
      Mistake("4:12", .wrongType, "time_zone", "an IANA time zone", "a list"),
      Mistake("5:7", .wrongType, "hold", "a duration", "a mapping"),
      Mistake("6:14", .wrongType, "session_ttl", "a duration", "a list"),
      Mistake("7:10", .wrongType, "require", "model, provider, tenant, run", "a mapping"),
      Mistake("8:9", .wrongType, "models", "models by name", "`5`"),
      Mistake("9:9", .wrongType, "limits", "limits by name", "nothing")),
    BadPolicy(
      "a domain with a brace", "domain: 'a}b'" + rest,
      Mistake("1:9", .badValue, "domain", "letters, digits", "`a}b`")),
    BadPolicy(
      "a domain of 257 bytes", "domain: \(String(repeating: "d", count: 257))" + rest,
      Mistake("1:9", .outOfRange, "domain", "at most 256 bytes", "257 bytes")),
    BadPolicy(
      "headroom of 0", "domain: d\nheadroom: 0" + rest, Mistake("2:11", .outOfRange, "headroom", "above 0", "`0`")),
    BadPolicy(
      "alerts at no fallback at all", "domain: d\nalerts: {fallbacks: 0}" + rest,
      Mistake("2:21", .outOfRange, "alerts.fallbacks", "or `off`", "`0`", "write `off` for no alert")),
    BadPolicy(
      "headroom above 1", "domain: d\nheadroom: 1.2" + rest,
      Mistake("2:11", .outOfRange, "headroom", "`1.2`", "the largest is 1")),
    BadPolicy(
      "headroom of four decimals", "domain: d\nheadroom: 0.8005" + rest,
      Mistake("2:11", .outOfRange, "headroom", "at most 3 decimals")),
    BadPolicy(
      "headroom in per cent", "domain: d\nheadroom: 80%" + rest, Mistake("2:11", .badValue, "headroom", "`80%`")),
    BadPolicy(
      "a negative guard", "domain: d\nguard: -1s" + rest, Mistake("2:8", .outOfRange, "guard", "cannot be negative")),
    BadPolicy(
      "a guard without a unit", "domain: d\nguard: 250" + rest,
      Mistake("2:8", .badValue, "guard", "`250`", "a unit is missing")),
    BadPolicy(
      "a guard of two hours", "domain: d\nguard: 2h" + rest, Mistake("2:8", .outOfRange, "guard", "the longest is 1h")),
    BadPolicy(
      "an unknown time zone", "domain: d\ntime_zone: America/New_Yrok" + rest,
      Mistake("2:12", .unknownName, "time_zone", "`America/New_Yrok`", "did you mean `America/New_York`?")),
    BadPolicy(
      "an abbreviated time zone", "domain: d\ntime_zone: EST" + rest,
      Mistake("2:12", .unknownName, "time_zone", "an IANA time zone such as America/New_York", "`EST`")),
    BadPolicy(
      "a city as time zone", "domain: d\ntime_zone: New York" + rest,
      Mistake("2:12", .unknownName, "time_zone", "did you mean `America/New_York`?")),
    BadPolicy(
      "hold and session_ttl of 0", "domain: d\nhold: 0s\nsession_ttl: 10ms" + rest,
      Mistake("2:7", .outOfRange, "hold", "cannot be zero"),
      Mistake("3:14", .outOfRange, "session_ttl", "the shortest is 1s")),
    BadPolicy(
      "unknown scopes", "domain: d\nrequire: [run, tenannt, attribute., user, run]" + rest,
      Mistake("2:16", .unknownName, "require[1]", "did you mean `tenant`?"),
      Mistake("2:25", .unknownName, "require[2]", "attribute.<name>"),
      Mistake("2:37", .unknownName, "require[3]", "`user`", "write `attribute.<name>`"),
      Mistake("2:43", .conflict, "require[4]", "every item once")),
    BadPolicy(
      "fairness of everything",
      "domain: d\nfairness: {per: [tenant, run], weights: {a: 0, b: 1001, c: x}, weihgts: {}}" + rest,
      Mistake("2:17", .badValue, "fairness.per", "one scope", "2 scopes"),
      Mistake("2:45", .badValue, "fairness.weights.a", "from 1 to 1000"),
      Mistake("2:51", .badValue, "fairness.weights.b", "from 1 to 1000"),
      Mistake("2:60", .badValue, "fairness.weights.c", "from 1 to 1000"),
      Mistake("2:64", .unknownKey, "fairness.weihgts", "did you mean `weights`?")),
    BadPolicy(
      "fairness that is a word", "domain: d\nfairness: on" + rest,
      Mistake("2:11", .wrongType, "fairness", "`off`, or whose calls share")),
    BadPolicy(
      "a scope twice", "domain: d\nrequire: [run, run]" + rest,
      Mistake("2:16", .conflict, "require[1]", "every item once")),
  ]
}
