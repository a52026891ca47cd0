import LimiterConfiguration

/// Wrong keys.
extension BadPolicy {
  static let keys: [BadPolicy] = [
    BadPolicy(
      "unknown key with a near one", "domain: d\nheadrom: 0.8\nlimits: {a: {requests: 1/1s}}\n",
      Mistake("2:1", .unknownKey, "headrom", "unknown key `headrom`", "did you mean `headroom`?")),
    BadPolicy(
      "unknown key like no other", "domain: d\nlimits: {a: {requests: 1/1s}}\nxyzzy: 1\n",
      Mistake("3:1", .unknownKey, "xyzzy", "`domain`, `headroom`, `guard`", "unknown key `xyzzy`")),
    BadPolicy(
      "duplicate keys at every level",
      "domain: d\ndomain: e\nlimits:\n  a: {requests: 1/1s, requests: 2/1s}\n  'a': {requests: 1/1s}\n\"limits\": 1\n",
      Mistake("2:1", .duplicateKey, "domain", "line 1"), Mistake("4:23", .duplicateKey, "limits.a.requests", "line 4"),
      Mistake("5:3", .duplicateKey, "limits.a", "line 4"), Mistake("6:1", .duplicateKey, "limits", "line 3")),
    BadPolicy(
      "a key three times", "domain: d\nguard: 1s\nguard: 2s\nguard: 3s\nlimits: {a: {requests: 1/1s}}\n",
      Mistake("3:1", .duplicateKey, "guard", "line 2"), Mistake("4:1", .duplicateKey, "guard", "line 2")),
    BadPolicy(
      "a key that is a list", "domain: d\n? [a, b]\n: 1\nlimits: {a: {requests: 1/1s}}\n",
      Mistake("2:3", .wrongType, "", "a key of plain text", "a list or a mapping")),
    BadPolicy(
      "no domain", "limits: {a: {requests: 1/1s}}\n",
      Mistake("1:1", .missingKey, "domain", "no key `domain`", "domain: production")),
    BadPolicy(
      "no models", "domain: d\nlimits: {a: {requests: 1/1s}}\n", alone: true,
      Mistake("1:1", .missingKey, "models", "no key `models`", "are refused")),
    BadPolicy("models without one", "domain: d\nmodels: {}\n", Mistake("2:1", .outOfRange, "models", "1 to 1000")),
    BadPolicy(
      "a list", "- a\n- b\n", alone: true, Mistake("1:1", .wrongType, "", "a policy with the keys `domain`", "a list")),
    BadPolicy("a text", "hello", alone: true, Mistake("1:1", .wrongType, "", "a policy", "`hello`")),
  ]
}
