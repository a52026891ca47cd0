extension Mutant {
  /// Mistakes in what is admitted.
  static let admission: [Mutant] = [
    Mutant(
      "a limit is never filled", "contended",
      "if used[i] + amount > limit[i] or (head and head.rank < rank and delays(head, i, amount, rank)) then",
      "if used[i] + amount >= limit[i] or (head and head.rank < rank and delays(head, i, amount, rank)) then",
      "the last unit of every limit is never used"),
    Mutant(
      "one too many", "contended",
      "if used[i] + amount > limit[i] or (head and head.rank < rank and delays(head, i, amount, rank)) then",
      "if used[i] + amount > limit[i] + 1 or (head and head.rank < rank and delays(head, i, amount, rank)) then",
      "429 and overspending"),
    Mutant(
      "requests of a batch do not see each other", "contended",
      "    used[i] = used[i] + amount\n    added[i]", "    added[i]",
      "a batch of 256 passes a limit of 1"),
    Mutant(
      "a denied request keeps what it took first", "contended",
      "      used[i] = used[i] - amount\n      added[i] = added[i] - amount\n", "", "denied calls are charged"),
    Mutant(
      "a denied request is not counted but charged", "contended", "      added[i] = added[i] - amount\n", "",
      "denied calls are charged"),
    Mutant(
      "held is not counted", "acquire", "used[i] = (spent or 0) + (held or 0)",
      "used[i] = spent or 0", "overspending by everything under way"),
    Mutant(
      "too large is not its own reason", "contended",
      "    if amount > limit[i] then\n      return i, TOO_LARGE, 0, 1\n    end\n", "",
      "a call that never fits waits for ever"),
    Mutant(
      "a budget of another period is charged", "acquire", "if now < args[at + 2] or (ends > 0 and now >= ends) then",
      "if false then", "yesterday's budget pays for today"),
    Mutant(
      "a budget's period ends one step late", "acquire", "(ends > 0 and now >= ends)", "(ends > 0 and now > ends)",
      "the first call of a day is charged to the day before"),
    Mutant(
      "retry at is a step early", "contended", "math.max(at + length_of(i), now), exact",
      "math.max(at + length_of(i) - 2, now), exact",
      "whoever sleeps until retry_at is denied again"),
    Mutant(
      "retry at frees one unit less", "walk", "local last = first_of(walk.total, need)",
      "local last = first_of(walk.total, need - 1)", "whoever sleeps until retry_at is denied again"),
    Mutant(
      "retry at is the first limit's", "contended", "if limiting == 0 or time > retry_at then",
      "if limiting == 0 then", "whoever sleeps until retry_at is denied by another limit"),
    Mutant(
      "one too many where nobody waits", "acquire", "is_usual and used[i] + added[i] <= limit[i]",
      "is_usual and used[i] + added[i] <= limit[i] + 1", "429 and overspending"),
    Mutant(
      "requests of a batch do not see each other where nobody waits", "acquire",
      "is_usual and used[i] + added[i] <= limit[i]", "is_usual and used[i] + amount <= limit[i]",
      "a batch of 256 passes a limit of 1"),
    Mutant(
      "who has room passes those that wait", "acquire", "local is_usual = not has_queue and not has_dead",
      "local is_usual = not has_dead",
      "large calls starve"),
    Mutant(
      "a call that is granted at once forgets who went away", "acquire", " and args[first_withdrawal] == 0\n", "\n",
      "calls wait for one that has gone"),
    Mutant(
      "what did not fit together stays counted", "acquire", "  granted, added = {}, {}\n", "",
      "denied calls are charged"),
    Mutant(
      "nobody looks for slots of the dead", "acquire", "local has_dead = #slots > 0 and ",
      "local has_dead = false and ", "a crash costs slots until somebody opens a session"),
    Mutant(
      "slots that others may have taken are free", "acquire",
      "    used[i] = tonumber(call('HGET', key_of(i), 'total') or 0) + untold(i)\n",
      "    used[i] = tonumber(call('HGET', key_of(i), 'total') or 0)\n", "too many at once after state was lost",
      family: .announcing),
    Mutant(
      "windows that others may have used are empty", "acquire",
      "  used[i] = used[i] + untold(i)\n", "",
      "429 after state was lost", family: .announcing),
  ]

  /// Mistakes in who may ask, when, and how often.
  static let operations: [Mutant] = [
    Mutant(
      "operation id ignored", "acquire", "if last_operation == operation then", "if false then",
      "a lost reply charges twice"),
    Mutant(
      "superseded ignored", "acquire", "elseif last_operation > operation then", "elseif false then",
      "a delayed copy charges for nobody"),
    Mutant(
      "what was forgotten is not seen", "acquire", "if last_operation < remembered then", "if false then",
      "after a failover slots are granted that others hold"),
    Mutant(
      "what is remembered counts as forgotten", "acquire", "last_operation < remembered",
      "last_operation <= remembered",
      "calls wait for what need not be told"),
    Mutant(
      "what is remembered is told wrong", "acquire", "{ FORGOTTEN, now, last_operation }", "{ FORGOTTEN, now, 0 }",
      "permits are told twice"),
    Mutant(
      "not_after ignored", "acquire", "if now > not_after then", "if false then",
      "an answer that nobody waits for charges"),
    Mutant(
      "not_after is one step early", "acquire", "if now > not_after then", "if now >= not_after then",
      "calls fail in time"),
    Mutant(
      "a sent-again denial is forgotten", "acquire", "elseif resent == 1 or", "elseif",
      "the other copy is admitted for nobody"),
    Mutant(
      "that calls went away is forgotten", "acquire", "resent == 1 or args[first_withdrawal] > 0 then",
      "resent == 1 then",
      "a late copy of their question stands in the queue for nobody"),
    Mutant(
      "session liveness ignored", "acquire", "if not epoch[1] or alive_until <= now then", "if not epoch[1] then",
      "a dead holder goes on"),
    Mutant(
      "a session lives one step longer", "acquire", "alive_until <= now", "alive_until < now",
      "two answers to who is alive"),
    Mutant(
      "the session's end is told wrong", "acquire", "{ DECIDED, now, alive_until }",
      "{ DECIDED, now, now + 1 }", "a holder believes that it has lost what it holds"),
    Mutant(
      "last_us is not written", "acquire", "  if not is_time_kept then\n    call('HSET', KEYS[1], 'last_us', int(now))",
      "  if false then\n    call('HSET', KEYS[1], 'last_us', int(now))",
      "a clock that is set back gives out a window twice"),
    Mutant(
      "the time of dropping is not kept", "acquire",
      "      call('HSET', KEYS[1], 'last_us', int(now))\n      is_time_kept = true\n", "",
      "a clock that is set back gives out a window twice"),
    Mutant(
      "stamps are not odd", "prelude", "  now = now + 1 - now % 2\n", "",
      "entries of batches and of quanta share a score"),
    Mutant(
      "stamps repeat", "prelude", "return last + 2, true", "return last, true",
      "two batches share an entry, and a refund takes from the other"),
  ]
}
