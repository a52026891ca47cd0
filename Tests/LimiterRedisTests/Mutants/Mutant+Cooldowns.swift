extension Mutant {
  /// Mistakes in who leaves a model alone, and for how long.
  static let cooldowns: [Mutant] = [
    Mutant(
      "a longer cooldown is shortened", "cooldown", "  if now + time <= state.ends then\n", "  if false then\n",
      "workers come back before the provider said so"),
    Mutant(
      "an old failure opens it anew", "cooldown", "if began >= 0 and began ~= state.generation then", "if false then",
      "a model that is back is left alone again for what happened before"),
    Mutant(
      "a hint counts in its own generation only", "cooldown", "if began >= 0 and began", "if began",
      "the provider's word is not heard"),
    Mutant(
      "it is over a moment early", "cooldown", "if state.generation == 0 or now < state.ends then",
      "if state.generation == 0 or now + 2 < state.ends then", "a call in the hint's time"),
    Mutant(
      "a hint ends with a probe", "cooldown", "  if state.reason == BY_ITSELF then\n", "  if false then\n",
      "one call at a time after a rate limit is over"),
    Mutant(
      "everybody probes", "cooldown", "if #state.probes >= tonumber(ARGV[3]) then", "if false then",
      "a provider that comes back is stampeded"),
    Mutant(
      "one probe too many", "cooldown", "if #state.probes >= tonumber(ARGV[3]) then",
      "if #state.probes > tonumber(ARGV[3]) then", "two at once where one is allowed"),
    Mutant(
      "a probe's lease does not end", "cooldown", "if tonumber(lease) > now then", "if true then",
      "a probe whose worker died keeps the model away for ever"),
    Mutant(
      "a probe that is given up keeps its place", "cooldown", "table.remove(state.probes, 1)\nkeep_probes()",
      "keep_probes()",
      "a cancelled probe keeps the model away"),
    Mutant(
      "many that hear of it at once are many openings", "cooldown", "  if now >= state.ends then\n    state.opened",
      "  if true then\n    state.opened", "64 failures of one moment make an hour of it"),
    Mutant(
      "it is not longer the second time", "cooldown", "math.min(state.opened, 20)", "0",
      "a dead provider is probed all the time"),
    Mutant(
      "it grows for ever", "cooldown",
      "math.min(tonumber(ARGV[5]) * 2 ^ math.min(state.opened, 20), tonumber(ARGV[6]))",
      "tonumber(ARGV[5]) * 2 ^ math.min(state.opened, 20)", "a model is never taken back"),
    Mutant(
      "a success during the cooldown ends it", "cooldown",
      "elseif verb == 'succeeded' then\n  if now < state.ends then\n    return seen(state)\n  end\n",
      "elseif verb == 'succeeded' then\n", "a call that began before the hint ends it"),
    Mutant(
      "any success ends it", "cooldown", "elseif state.generation ~= tonumber(ARGV[3]) then", "elseif false then",
      "a success of yesterday takes a dead model back"),
    Mutant(
      "the generation stays", "cooldown", "state.ends, state.reason, state.generation = now + time, ARGV[3], now",
      "state.ends, state.reason = now + time, ARGV[3]", "results of other times count"),
    Mutant(
      "a new cooldown keeps old probes", "cooldown", "  call('HDEL', key, 'probes')\n  call('PEXPIRE'",
      "  call('PEXPIRE'",
      "the probe of the next time finds its place taken"),
    Mutant(
      "it is not in the list", "cooldown", "  call('ZADD', KEYS[2], int(state.ends), model)\n", "",
      "people that look see nothing"),
    Mutant(
      "it has no time to live", "cooldown", "  call('PEXPIRE', key, int(floor(time / 1000) + KEEP_MS))\n", "",
      "keys of models that are gone"),
  ]
}
