import LimiterConfiguration

/// Wrong limits.
extension BadPolicy {
  static let limits: [BadPolicy] = [
    BadPolicy(
      "no kind, two kinds, an unknown kind",
      """
      domain: d
      limits:
        a: {per: run}
        b: {requests: 1/1s, tokens: 5/1s, budget: x}
        c: {reqests: 1/1s}
        e: {scope: run, requests: 1/1s}
        f: 500/1m
        g:
      """,
      Mistake("3:3", .missingKey, "limits.a", "one of `requests`", "without an amount"),
      Mistake("4:23", .conflict, "limits.b.tokens", "`tokens` beside `requests`", "two limits"),
      Mistake("4:37", .conflict, "limits.b.budget", "`budget` beside `requests`"),
      Mistake("4:45", .badValue, "limits.b.budget", "money such as 1.00 USD"),
      Mistake("5:3", .missingKey, "limits.c"),
      Mistake("5:7", .unknownKey, "limits.c.reqests", "did you mean `requests`?"),
      Mistake("6:7", .unknownKey, "limits.e.scope", "did you mean `per`?"),
      Mistake("7:6", .wrongType, "limits.f", "a limit with the keys `per`", "`500/1m`"),
      Mistake("8:5", .wrongType, "limits.g", "nothing")),
    BadPolicy(
      "a wrong mode of a limit", "domain: d\nlimits:\n  a: {requests: 1/1s, on_failure: opne}\n",
      Mistake("3:35", .badValue, "limits.a.on_failure", "`closed`, `local` and `open`", "did you mean `open`?")),
    BadPolicy(
      "bad budgets",
      """
      domain: d
      limits:
        a: {budget: 1.0000000001 USD}
        b: {budget: 0 USD/day}
        c: {budget: 5 EUR}
        e: {budget: 5 USD/fortnight}
        f: {budget: -5 USD}
        g: {budget: 10000000 USD/day}
        h: {budget: 5}
        i: {concurrency: 1.5}
      """,
      Mistake("3:15", .outOfRange, "limits.a.budget", "at most 9 decimals"),
      Mistake("4:15", .outOfRange, "limits.b.budget", "the smallest amount is 0.000000001 USD"),
      Mistake("5:15", .badValue, "limits.c.budget", "the only currency is USD"),
      Mistake("6:15", .badValue, "limits.e.budget", "hour, day, week and month"),
      Mistake("7:15", .outOfRange, "limits.f.budget", "cannot be negative"),
      Mistake("8:15", .outOfRange, "limits.g.budget", "the largest is 9007199.254740991"),
      Mistake("9:15", .badValue, "limits.h.budget", "the number, a space and USD"),
      Mistake("10:20", .outOfRange, "limits.i.concurrency", "whole number")),
    BadPolicy(
      "unknown models",
      """
      domain: d
      models: {gpt-4o: {provider: openai}, broken: 5}
      limits:
        a: {requests: 1/1s, models: [gpt-4, gpt-4o, gpt-4o, broken]}
        b: {requests: 1/1s, models: claude}
        c: {requests: 1/1s, models: []}
        e: {requests: 1/1s, models: [[gpt-4o], ~]}
      """,
      Mistake("2:46", .wrongType, "models.broken"),
      Mistake("4:32", .unknownName, "limits.a.models[0]", "did you mean `gpt-4o`?"),
      Mistake("4:47", .conflict, "limits.a.models[2]", "`gpt-4o` again"),
      Mistake("5:31", .unknownName, "limits.b.models", "`claude`", "add it to `models`"),
      Mistake("6:31", .badValue, "limits.c.models", "an empty list"),
      Mistake("7:32", .wrongType, "limits.e.models[0]", "a list"),
      Mistake("7:42", .wrongType, "limits.e.models[1]", "nothing")),
    BadPolicy(
      "a mistyped model",
      "domain: d\nmodels: {gpt-4o: {provider: openai}}\nlimits: {a: {requests: 1/1s, models: gpt-4}}\n",
      Mistake("3:38", .unknownName, "limits.a.models", "did you mean `gpt-4o`?")),
    BadPolicy(
      "names of limits",
      """
      domain: d
      models: {gpt-4o: {provider: openai, limits: {requests: 500/1m}}}
      limits:
        gpt-4o.requests: {requests: 1/1s}
        a:b: {requests: 1/1s}
        "é": {requests: 1/1s}
      """,
      Mistake("4:3", .conflict, "limits.gpt-4o.requests", "the model's limit in line 2"),
      Mistake("5:3", .badValue, "limits.a:b", "letters, digits"), Mistake("6:3", .badValue, "limits.`é`", "letters")),
    BadPolicy(
      "more limits than one call may meet",
      "domain: d\nmodels: {gpt-4o: {provider: openai}}\nlimits:\n"
        + (1...33).map { "  l\($0): {requests: 1/1s}\n" }.joined(),
      Mistake("2:10", .outOfRange, "models.gpt-4o", "at most 32 limits for one call", "33")),
  ]
}
