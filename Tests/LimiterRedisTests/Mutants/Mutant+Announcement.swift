extension Mutant {
  /// Mistakes where processes tell a state that has lost what they know.
  static let announcement: [Mutant] = [
    Mutant(
      "what was told counts again", "announce", "if whole(call('HGET', KEYS[3], 'announced')) >= number then",
      "if false then", "a lost reply fills windows twice"),
    Mutant(
      "who is over tells", "announce", "session) or 0) <= now then", "session) or 0) < 0 then",
      "permits of a session that nobody ends"),
    Mutant(
      "what has left is told", "announce", "if stamp > now - window.length then", "if true then",
      "windows count what has left"),
    Mutant(
      "an entry of the future", "announce", "math.min(entry[1], now)", "entry[1]",
      "a window is full for longer than its length"),
    Mutant(
      "two entries at one stamp", "announce",
      "      while call('ZCOUNT', window.log, int(stamp), int(stamp)) > 0 do\n        stamp = stamp + 2\n      end\n",
      "", "a refund goes to another's entry"),
    Mutant(
      "the clock may go back behind what was told", "announce", "call('HSET', KEYS[1], 'last_us', int(last))",
      "call('HSET', KEYS[1], 'last_us', int(now))", "two entries at one stamp"),
    Mutant(
      "spent is added, not raised", "announce", "budget.used - whole(call('GET', budget.key))", "budget.used",
      "each process that tells charges all that was spent"),
    Mutant(
      "what is held there is held again", "announce", "if not call('HGET', KEYS[3], field) then", "if true then",
      "slots leak"),
    Mutant(
      "slots are not in the total", "announce", "      call('HINCRBY', prefix .. name, 'total', amount)\n", "",
      "more calls at once than slots"),
    Mutant(
      "slots are nobody's", "announce", "      call('HINCRBY', prefix .. name, session, amount)\n", "",
      "slots leak"),
    Mutant(
      "money that is held is free", "announce", "      call('INCRBY', prefix .. name .. ':held', int(amount))\n", "",
      "a budget is passed"),
    Mutant(
      "nobody finds what has moved", "announce",
      "    call('SET', prefix .. 'adopted:' .. told.id, session, 'PX', UNSETTLED_TTL_MS)\n", "",
      "a holder cannot settle through another process"),
    Mutant(
      "a part is all", "announce", "if is_last and epoch[3] then", "if epoch[3] then",
      "admission is whole before all have told"),
    Mutant(
      "the last one is not waited for", "announce", "tonumber(told) + 1 >= tonumber(expected)",
      "tonumber(told) + 2 >= tonumber(expected)", "admission is whole before all have told"),
    Mutant(
      "nobody is waited for after a loss", "session", "if tonumber(ARGV[6]) > 0 then", "if false then",
      "admission is whole before all have told", family: .announcing),
    Mutant(
      "the dead count as processes", "session", "call('ZCOUNT', KEYS[2], '(' .. int(now), '+inf')",
      "call('ZCOUNT', KEYS[2], '-inf', '+inf')", "shares are too small", family: .announcing),
    Mutant(
      "the untold is not counted", "acquire",
      "ask_again > 0 and limit[i] - floor(limit[i] * tonumber(told) / tonumber(expected)) or 0", "0",
      "what others have used is admitted again", family: .announcing),
    Mutant(
      "others are waited for for ever", "acquire", "if now < tonumber(ends) then", "if true then",
      "one that never comes back halves all limits", family: .announcing),
    Mutant(
      "an exact time while others have not told", "contended", "    return ask_again, 0\n", "    return ask_again, 1\n",
      "a caller comes back and is denied", family: .announcing),
    Mutant(
      "another state is settled", "settle", "if ARGV[2] and ARGV[2] ~= '' and epoch[1] ~= ARGV[2] then",
      "if false then",
      "a settlement is lost with the state, and its caller does not hear of it", family: .announcing),
  ]
}
