extension Mutant {
  /// Mistakes in the windows' logs.
  static let windows: [Mutant] = [
    Mutant(
      "prune left out", "acquire",
      "  expired[i] = call('ZRANGEBYSCORE', key_of(i), '-inf', now - length_of(i), 'LIMIT', 0, PRUNED)",
      "  expired[i] = {}", "a full window never empties"),
    Mutant(
      "prune cut-off one step late", "acquire", "key_of(i), '-inf', now - length_of(i), 'LIMIT', 0, PRUNED)",
      "key_of(i), '-inf', now - length_of(i) + 2, 'LIMIT', 0, PRUNED)", "the window is shorter than W"),
    Mutant(
      "prune cut-off one step early", "acquire", "key_of(i), '-inf', now - length_of(i), 'LIMIT', 0, PRUNED)",
      "key_of(i), '-inf', now - length_of(i) - 2, 'LIMIT', 0, PRUNED)", "whoever sleeps until retry_at is denied again"),
    Mutant(
      "pruned entries stay in the sum", "acquire", "      call('DECRBY', total_of(i), int(gone))\n", "",
      "a window fills up for ever"),
    Mutant(
      "pruned entries stay in the log", "acquire", "      call('ZREMRANGEBYRANK', key_of(i), 0, #entries - 1)\n", "",
      "entries are subtracted twice"),
    Mutant(
      "a log with live entries is dropped whole", "acquire",
      "tonumber(call('ZRANGE', key_of(i), -1, -1, 'WITHSCORES')[2]) <= cutoff", "true",
      "after a pause a window is given out twice"),
    Mutant(
      "backlog is not seen", "acquire", "backlog[i] = call('ZCOUNT', key_of(i), '-inf', cutoff) > 0", "",
      "retry_at says exact and is not"),
    Mutant(
      "member is the time only", "prelude", "    put(log, stamp, operation, amount)\n",
      "    call('ZADD', log, stamp, stamp .. ':' .. int(amount))\n",
      "14 digits: entries collide and the limiter over-admits"),
    Mutant(
      "member is the amount only", "prelude", "    put(log, stamp, operation, amount)\n",
      "    call('ZADD', log, stamp, ':' .. int(amount))\n", "entries collide and the limiter over-admits"),
    Mutant(
      "a merged entry loses the old amount", "prelude", "replace(log, stamp, old, amount_of(old) + amount)",
      "replace(log, stamp, old, amount)", "in quantised mode units vanish from the log"),
    Mutant(
      "quanta round down", "prelude", "return now + (-now % quantum)", "return now - now % quantum",
      "in quantised mode units leave too early: over-admission"),
    Mutant(
      "quantised one entry late", "prelude", "if entries < EXACT_ENTRIES or quantum == 0 then",
      "if entries <= EXACT_ENTRIES or quantum == 0 then", "the bound of memory is not the documented one"),
    Mutant(
      "stamps of quanta are not recorded", "acquire", "      if stamp ~= now then", "      if false then",
      "a refund in quantised mode is lost"),
    Mutant(
      "total is not updated", "prelude",
      "    put(log, stamp, operation, amount)\n  end\n  call('INCRBY', sum, int(amount))\n",
      "    put(log, stamp, operation, amount)\n  end\n", "nothing is ever used"),
    Mutant(
      "an entry of a former life is moved", "prelude", "call('ZADD', log, 'NX', stamp,",
      "call('ZADD', log, 'CH', stamp,",
      "a session's id is used again, and a window's total drifts from its log for ever"),
    Mutant(
      "a window's total has no time to live", "prelude",
      "    call('PEXPIREAT', sum, call('PEXPIRETIME', log))\n", "",
      "keys of scopes that are never seen again stay for ever"),
    Mutant(
      "a window's log has no time to live", "prelude", "  call('PEXPIRE', log, ttl)\n", "",
      "keys of scopes that are never seen again stay for ever"),
    Mutant(
      "a call keeps no key alive", "acquire", "if left ~= -2 and not is_behind then", "if false then",
      "a log expires with live entries in it: over-admission"),
    Mutant(
      "a denied call keeps a full window alive while the clock is behind", "acquire",
      "if left ~= -2 and not is_behind then", "if left ~= -2 then",
      "after the server's clock was set back by an hour, nobody is admitted for an hour"),
    Mutant(
      "an admission keeps no key alive", "acquire", "      if is_short[i] then\n", "      if false then\n",
      "keys of scopes that are never seen again stay for ever"),
    Mutant(
      "a shorter window shortens the time to live", "prelude", "if call('PTTL', log) < ttl then", "if true then",
      "after a reload to a longer window, the settlement of a permit of before ends it too soon"),
  ]
}
