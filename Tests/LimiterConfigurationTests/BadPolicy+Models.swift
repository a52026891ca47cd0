import LimiterConfiguration

/// Wrong models.
extension BadPolicy {
  static let models: [BadPolicy] = [
    BadPolicy(
      "unknown keys in a model", "domain: d\nmodels:\n  m:\n    provder: openai\n    limits: {request: 5/1m}\n",
      Mistake("3:3", .missingKey, "models.m.provider", "no key `provider`", "`openai`, `azure`"),
      Mistake("4:5", .unknownKey, "models.m.provder", "did you mean `provider`?"),
      Mistake("5:14", .unknownKey, "models.m.limits.request", "did you mean `requests`?")),
    BadPolicy(
      "a budget among the provider's limits",
      "domain: d\nmodels:\n  gpt-4o:\n    limits: {budget: 5 USD}\n",
      Mistake("4:14", .unknownKey, "models.gpt-4o.limits.budget", "with `models: [gpt-4o]`")),
    BadPolicy(
      "a mistyped provider", "domain: d\nmodels:\n  m: {provider: opnai}\n",
      Mistake("3:17", .unknownName, "models.m.provider", "`opnai`", "did you mean `openai`?", "settle: actual")),
    BadPolicy(
      "a wrong way to count", "domain: d\nmodels:\n  m: {provider: openai, count: all}\n",
      Mistake("3:32", .badValue, "models.m.count", "`sum`, `max` and `input`")),
    BadPolicy(
      "a wrong mode of a model", "domain: d\nmodels:\n  m: {provider: openai, on_failure: [open]}\n",
      Mistake("3:37", .wrongType, "models.m.on_failure", "`closed`, `local` and `open`")),
    BadPolicy(
      "a wrong settle rule", "domain: d\nmodels:\n  m: {provider: openai, settle: actul}\n",
      Mistake("3:33", .badValue, "models.m.settle", "`actual` or `reservation`", "did you mean `actual`?")),
    BadPolicy(
      "bad windows",
      """
      domain: d
      models:
        gpt-4o:
          limits:
            requests: 0/1m
            tokens: [-5/1m, 9007199254740992/1m, 5/0s, 5/40d, 5/1w, 5, 10/1m, 20/60s, []]
            input_tokens: {per: 1m}
            output_tokens: []
            concurrency: 0
      """,
      Mistake("5:17", .outOfRange, "models.gpt-4o.limits.requests", "`0/1m`", "the smallest amount is 1"),
      Mistake("6:16", .outOfRange, "models.gpt-4o.limits.tokens[0]", "cannot be negative"),
      Mistake("6:23", .outOfRange, "models.gpt-4o.limits.tokens[1]", "the largest is 9007199254740991"),
      Mistake("6:44", .outOfRange, "models.gpt-4o.limits.tokens[2]", "cannot be zero"),
      Mistake("6:50", .outOfRange, "models.gpt-4o.limits.tokens[3]", "the longest is 31d"),
      Mistake("6:57", .badValue, "models.gpt-4o.limits.tokens[4]", "no unit `w`"),
      Mistake("6:63", .badValue, "models.gpt-4o.limits.tokens[5]", "`5`", "the window's length"),
      Mistake("6:73", .conflict, "models.gpt-4o.limits.tokens[7]", "a second one of 1m"),
      Mistake("6:81", .wrongType, "models.gpt-4o.limits.tokens[8]", "an amount per duration", "a list"),
      Mistake("7:21", .wrongType, "models.gpt-4o.limits.input_tokens", "a mapping"),
      Mistake("8:22", .badValue, "models.gpt-4o.limits.output_tokens", "an empty list"),
      Mistake("9:20", .outOfRange, "models.gpt-4o.limits.concurrency", "the smallest amount is 1")),
    BadPolicy(
      "bad prices",
      """
      domain: d
      models:
        a: {provider: openai, price: gpt-4o-mni}
        b: {provider: openai, price: {input: 2.5}}
        c: {provider: openai, price: {input: -1, output: 0.0000000001, cached: 1}}
        e: {provider: openai, price: {input: 1 USD, output: 99999999999999999999}}
        f: {provider: openai, price: [1, 2]}
        g: {provider: openai, price: }
      limits: {b: {budget: 1 USD}}
      """,
      Mistake("3:32", .unknownName, "models.a.price", "`gpt-4o-mni`", "did you mean `gpt-4o-mini`"),
      Mistake("4:25", .missingKey, "models.b.price.output", "USD per million tokens"),
      Mistake("5:40", .outOfRange, "models.c.price.input", "cannot be negative"),
      Mistake("5:52", .outOfRange, "models.c.price.output", "at most 9 decimals"),
      Mistake("5:66", .unknownKey, "models.c.price.cached", "`input` and `output`"),
      Mistake("6:40", .badValue, "models.e.price.input", "write the number alone"),
      Mistake("6:55", .outOfRange, "models.e.price.output", "the largest is 9007199.254740991"),
      Mistake("7:32", .wrongType, "models.f.price", "a list"),
      Mistake("8:32", .wrongType, "models.g.price", "nothing")),
    BadPolicy(
      "a budget and a model without a price",
      """
      domain: d
      models:
        gemini-2.5-pro: {provider: gemini}
        gpt-4o: {provider: openai}
        other: {provider: own}
      limits:
        day: {budget: 1 USD/day, models: [gemini-2.5-pro, gpt-4o]}
        run: {budget: 1 USD, per: run, models: gemini-2.5-pro}
      """,
      Mistake(
        "3:3", .missingKey, "models.gemini-2.5-pro.price", "because `day` and `run` count money",
        "did you mean `gemini/gemini-2.5-pro`")),
    BadPolicy(
      "a model that is a text", "domain: d\nmodels: {m: gpt-4o, '': {provider: openai}}\n",
      Mistake("2:13", .wrongType, "models.m", "a model with the keys `provider`", "`gpt-4o`"),
      Mistake("2:21", .outOfRange, "models.``", "an empty name")),
    BadPolicy(
      "a model's name that is too long",
      "domain: d\nmodels:\n  \(String(repeating: "m", count: 250)): {provider: openai}\n",
      Mistake(
        "3:3", .outOfRange, "models.\(String(repeating: "m", count: 48))...", "at most 256 bytes")),
  ]
}
