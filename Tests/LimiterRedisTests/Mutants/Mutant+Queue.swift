extension Mutant {
  /// Mistakes in who comes first.
  static let queue: [Mutant] = [
    Mutant(
      "who was behind one that gives up gets no answer", "contended",
      "  if limiting == 0 then\n    limiting = args[at + 5]\n  end\n", "", "a whole batch of calls fails"),
    Mutant(
      "a waiting request holds nothing up", "contended", "        heads[i] = waiter\n", "        mine[i] = waiter\n",
      "large calls starve"),
    Mutant(
      "a waiting request holds up the better ones", "contended",
      "(head and head.rank < rank and delays(head, i, amount, rank)) then\n      fits",
      "(head and delays(head, i, amount, rank)) then\n      fits", "urgent calls wait for small ones"),
    Mutant(
      "who cannot start in time holds others up", "contended", "  if start > waits_until then", "  if false then",
      "a call that gives up blocks all behind it"),
    Mutant(
      "a hopeless request holds others up", "contended",
      "if amount > limit[i] or (kind_of(i) == BUDGET and need > 0) then", "if amount > limit[i] then",
      "an empty budget of one run blocks all runs"),
    Mutant(
      "small calls never pass", "contended", "  return amount > head.slack\n", "  return true\n",
      "everything waits for the largest"),
    Mutant(
      "small calls always pass", "contended", "  return amount > head.slack\n", "  return false\n", "large calls starve"
    ),
    Mutant(
      "no slot stays free for who waits for a window", "contended",
      "    return used[i] + amount + head.amount > limit[i]\n", "    return false\n",
      "small calls make a large one late"),
    Mutant(
      "slack is not used up", "contended", "math.max(waiter.slack - amount, 0)", "waiter.slack",
      "many small calls make a large one late"),
    Mutant(
      "slack that is used up is not told", "contended", "  if head.is_changed then", "  if false then",
      "small calls of many hosts make a large one late"),
    Mutant(
      "slack is that of now", "contended", "local left = start > 0 and freed_by(i, start) or 0", "local left = 0",
      "small calls wait although they are in nobody's way"),
    Mutant(
      "what leaves together is not seen together", "contended",
      " + math.min(SPREAD_US, floor(length_of(i) / SPREAD_SHARE))", "",
      "small calls wait although they are in nobody's way"),
    Mutant(
      "others pass whom an urgent call has passed", "contended", "is_more_urgent and is_full and CLOSED or math.max",
      "math.max",
      "a large call waits for ever behind urgent ones"),
    Mutant(
      "who came at the same time counts as more urgent", "contended", "waiter.rank - rank > SAME_TIME_US",
      "waiter.rank > rank", "small calls wait although they are in nobody's way"),
    Mutant(
      "others pass nobody where there is room for all", "contended", "is_more_urgent and is_full and CLOSED",
      "is_more_urgent and CLOSED", "calls of one model wait for a large one of another"),
    Mutant(
      "who asks again may be passed again", "contended", "is_closed and CLOSED or math.max", "math.max",
      "a large call waits for ever behind urgent ones"),
    Mutant(
      "whose time is another one's takes nothing of what is left", "contended",
      "(waiter.member == me and waiter.rank == rank)", "waiter.rank == rank", "small calls make a large one late"),
    Mutant(
      "an entry that leaves in time is in the way", "contended",
      "  if kind_of(i) == WINDOW and now + length_of(i) <= head.start then", "  if false then",
      "calls wait although they are in nobody's way"),
    Mutant(
      "who is granted stays in the queue", "contended", "        if standing[i] == rank then\n",
      "        if false then\n",
      "calls wait for one that has gone"),
    Mutant(
      "the next one is not seen", "contended", "    published[i] = best_waiter(prefix, names[i], now)\n    if is_head",
      "    published[i] = nil\n    if is_head", "the calls of a host come first when one of them was first"),
    Mutant(
      "who was behind the one that fills a window is not told", "contended",
      "    return next_one and next_one.start <= now",
      "    return false and next_one.start <= now", "calls wait though they are next and there is room"),
    Mutant(
      "who knows its time is told that a window is full", "contended", "next_one and next_one.start <= now and",
      "next_one and", "each grant costs a call of another host"),
    Mutant(
      "a process is told what its answer says", "contended", " and next_one.member ~= me\n", "\n",
      "each grant costs another call of its host"),
    Mutant(
      "who went away stays in the queue", "contended", "    leave_queue(prefix, name, me)\n", "",
      "calls wait for one that has gone"),
    Mutant(
      "a worse one takes the place of a better one", "contended",
      "  if not standing[i] or standing[i] >= waiter.rank then",
      "  if true then", "a host's best call loses its place"),
    Mutant(
      "the dead stand in the queue", "waiters", "if amount and tonumber(ends) > now then\n      return {",
      "if amount then\n      return {", "a host that died holds up all others"),
    Mutant(
      "the dead are counted", "waiters", "if amount and tonumber(ends) > now then\n      local calls",
      "if amount then\n      local calls", "a host that died keeps room for its calls"),
    Mutant(
      "only the best call of a host is counted", "waiters", "  call('HSET', key, field, text .. waiter.followers)\n",
      "  call('HSET', key, field, text)\n", "the host that asks first takes the room of better calls"),
    Mutant(
      "the calls of this batch that wait are not counted", "contended",
      "return needed_in(others[i], rank) + (own[i] and needed_in(own[i], rank) or 0)",
      "return needed_in(others[i], rank)", "a worse call of a host takes the room of a better one"),
    Mutant(
      "the calls of this batch are counted twice", "waiters", "if member ~= me or not decided[rank] then",
      "if true then",
      "calls wait behind themselves"),
    Mutant(
      "the order is the other way round", "waiters", "call('ZRANGE', waiters, 0, 0, 'WITHSCORES')",
      "call('ZRANGE', waiters, -1, -1, 'WITHSCORES')", "the last come first"),
    Mutant(
      "the queue has no time to live", "waiters", "  call('PEXPIRE', waiters, WAITERS_TTL_MS)\n", "",
      "keys of scopes that are never seen again stay for ever"),
  ]
}
