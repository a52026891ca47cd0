extension Mutant {
  /// Mistakes in settlement.
  static let settlement: [Mutant] = [
    Mutant(
      "refund left out", "settle", "local taken = log_refund(log, sum, stamp, amount)", "local taken = 0",
      "quota is wasted"),
    Mutant(
      "refund now instead of at the original", "settle", "local taken = log_refund(log, sum, stamp, amount)",
      "local taken = amount\n    log_add(log, sum, stamp_after(0), 'refund', -amount)",
      "the refund outlives what it refunds: over-admission"),
    Mutant(
      "refund takes more than stands there", "prelude", "local taken = math.min(standing, amount)",
      "local taken = amount", "negative sums"),
    Mutant("refund leaves the sum", "prelude", "  call('DECRBY', sum, int(taken))\n", "", "quota is wasted"),
    Mutant(
      "refund leaves the log", "prelude", "  replace(log, stamp, old, standing - taken)\n", "",
      "the refund is subtracted again when the entry leaves"),
    Mutant(
      "excess left out", "settle", "excess[name] = (excess[name] or 0) + used - reserved", "",
      "an under-estimate is never charged"),
    Mutant(
      "excess is charged whole", "settle", "excess[name] = (excess[name] or 0) + used - reserved",
      "excess[name] = (excess[name] or 0) + used",
      "the estimate is charged twice"),
    Mutant(
      "the permit's record stays", "settle", "  call('HDEL', KEYS[position + 1], unpack(fields))\n",
      "", "a settlement that is sent twice charges twice"),
    Mutant(
      "the same permit twice in one batch", "settle", "      record[q], given_up[q] = nil, nil\n", "",
      "a settlement that is sent twice charges twice"),
    Mutant(
      "a permit that comes again in a batch is forgotten", "settle", "local q = twin[p] or p", "local q = p",
      "abandoned and settled at once, its usage is lost"),
    Mutant(
      "abandoned and settled in one batch are both charged", "settle", "      record[q], given_up[q] = nil, nil\n",
      "      record[q] = nil\n", "a permit is charged twice"),
    Mutant(
      "held is not released", "prelude", "      call('DECRBY', key, int(amount))\n", "",
      "a budget fills up with nothing"),
    Mutant(
      "held goes below zero", "prelude", "taken[keys[i + 1]] = math.min(charge[1], held)",
      "taken[keys[i + 1]] = charge[1]",
      "a negative reservation is money that is not there"),
    Mutant(
      "spent is charged twice", "settle", "charge[1], charge[2] = charge[1] + reserved, charge[2] + used",
      "charge[1], charge[2] = charge[1] + reserved, charge[2] + reserved + used",
      "half of a budget is lost"),
    Mutant(
      "spent goes below zero", "prelude", "math.max(charge[2], -spent)", "charge[2]",
      "negative spending is money that is not there"),
    Mutant(
      "slots are not released", "settle", "    release_slots(prefix .. name, session_of(position), amount)\n", "",
      "slots leak until nothing runs"),
    Mutant(
      "slots' total is not updated", "prelude", "  call('HINCRBY', slots, 'total', -freed)\n", "", "slots leak"),
    Mutant(
      "more slots freed than held", "prelude", "local freed = math.min(mine, amount)", "local freed = amount",
      "a holder frees the slots of others"),
    Mutant(
      "a late settlement frees slots again", "settle", "elseif not is_late then -- slots", "else",
      "a holder frees slots that are not its own"),
    Mutant(
      "a late settlement charges whole", "settle", "charge[2] = charge[2] + used - reserved",
      "charge[2] = charge[2] + used",
      "a crash costs the estimate and the usage"),
    Mutant(
      "the record of an abandoned permit is not kept", "settle", "keep_unsettled(prefix, unsettled)\n", "",
      "who settles late is told that the permit is unknown"),
    Mutant(
      "a late settlement stays listed", "settle", "  call('HDEL', listed[1], listed[2])\n", "",
      "each late copy corrects again"),
    Mutant(
      "another count of amounts is taken", "settle", "elseif amounts ~= (#permit - 3) / 2 then",
      "elseif false then", "amounts are charged to the wrong limits"),
    Mutant(
      "abandoned is free", "abandon", "          charge[2] = charge[2] + reserved\n", "",
      "a crash makes calls free of charge"),
    Mutant(
      "a dead session keeps its slots", "abandon", "          slots[name] = (slots[name] or 0) + reserved\n",
      "          slots[name] = nil\n",
      "a crash costs slots for ever"),
    Mutant(
      "nobody is reaped", "contended", "  reap(prefix, KEYS[2], now)\n", "",
      "a crash costs slots until somebody else comes"),
    Mutant(
      "the living are reaped", "abandon", "call('ZRANGEBYSCORE', sessions, '-inf', now, 'LIMIT', 0, REAPED_SESSIONS)",
      "call('ZRANGEBYSCORE', sessions, '-inf', now + 1000, 'LIMIT', 0, REAPED_SESSIONS)",
      "a holder loses its slots while it works"),
    Mutant(
      "a dead session can be renewed", "abandon", "    call('ZREM', sessions, session)\n", "",
      "a holder believes that it holds what others have"),
    Mutant(
      "a correction is applied twice", "adjust", "if before then", "if false then", "an operator's second try counts"),
    Mutant(
      "a correction wakes nobody", "adjust", "if kind == 1 and applied < 0 then", "if false then",
      "who waits for a window that has room again asks when it would have had room without the correction"),
    Mutant(
      "a correction's name stands for any amount", "adjust", "tonumber(asked_then) or asked", "asked",
      "an operator believes that another amount was corrected"),
    Mutant(
      "a correction's name stands for any limit", "adjust", "(limit == '' or limit == KEYS[2]) and 1 or 0", "1",
      "an operator believes that another limit was corrected"),
    Mutant(
      "what is over can be renewed", "session", "local is_alive = alive_until > now",
      "local is_alive = alive_until > 0",
      "a holder believes that it holds what others have"),
    Mutant(
      "one session's trouble is everybody's", "abandon",
      "local could, count = pcall(end_session, prefix, sessions, session, now)",
      "local could, count = true, end_session(prefix, sessions, session, now)",
      "one bad key stops all calls of a domain"),
    Mutant(
      "who stood behind a dead call is not woken", "abandon", "        left[limit] = true\n", "",
      "calls sleep until one would have started that is nobody's any more"),
    Mutant(
      "a session that ends stays in the queues of names with slashes", "abandon",
      "      slash = string.find(place, '/', slash + 1, true)\n", "      slash = nil\n",
      "calls of models with a slash in their name sleep behind the dead"),
    Mutant(
      "a session in trouble stays in front", "abandon", "      call('ZADD', sessions, now, session)\n",
      "      count = 0\n",
      "a few bad keys keep the slots of all that died later"),
    Mutant(
      "a period's time to live is refreshed", "acquire", "if ends == 0 and call('PTTL'", "if call('PTTL'",
      "a day's keys stay for as long as somebody corrects them"),
    Mutant(
      "a lifetime's time to live is set once", "acquire", "if ends == 0 and call('PTTL'", "if false and call('PTTL'",
      "a run that lasts longer than that begins anew: overspending"),
    Mutant(
      "only spent lives on", "acquire", "        call('PEXPIRE', total_of(i), int(keep))\n", "",
      "a reservation is forgotten: overspending"),
    Mutant(
      "only held lives on", "acquire", "        call('PEXPIRE', key_of(i), int(keep))\n", "",
      "what is spent is forgotten: overspending"),
    Mutant(
      "a budget's spent has no time to live", "acquire", "call('SET', key_of(i), 0, 'PX', ttl, 'NX')",
      "call('SET', key_of(i), 0, 'NX')", "a key for each run of all times"),
    Mutant(
      "a budget's held has no time to live", "acquire", "call('SET', total_of(i), 0, 'PX', ttl, 'NX')",
      "call('SET', total_of(i), 0, 'NX')", "a key for each run of all times"),
    Mutant(
      "the list of unsettled permits has no time to live", "abandon", "    call('PEXPIRE', key, UNSETTLED_TTL_MS)\n",
      "",
      "a key for each day of all times"),
  ]
}
