extension Mutant {
  /// Mistakes where permits get another holder.
  static let adoption: [Mutant] = [
    Mutant(
      "who is over adopts", "adopt", "if tonumber(call('ZSCORE', KEYS[2], holder) or 0) <= now then", "if false then",
      "permits of nobody are held for ever"),
    Mutant(
      "who dies at this moment adopts", "adopt", "or 0) <= now then", "or 0) < now then",
      "permits are given to one whose end is due"),
    Mutant(
      "the old record stays", "adopt", "  call('HDEL', prefix .. 'session:' .. move.owner, move.field)\n", "",
      "a permit is settled twice"),
    Mutant(
      "slots stay with the dead", "adopt", "        call('HINCRBY', slots, holder, moved)\n", "",
      "slots are free although they are held"),
    Mutant(
      "slots are held by both", "adopt", "          call('HDEL', slots, move.owner)\n", "",
      "slots leak when the dead one is cleared away"),
    Mutant(
      "some slots are held by both", "adopt", "          call('HINCRBY', slots, move.owner, -moved)\n", "",
      "slots leak when the dead one is cleared away"),
    Mutant(
      "twice in one call moves slots twice", "adopt", "    seen[id] = true\n", "",
      "slots of others move to one that does not hold them"),
    Mutant(
      "a second holder is not found", "adopt",
      "  call('SET', prefix .. 'adopted:' .. move.id, holder, 'PX', UNSETTLED_TTL_MS)\n",
      "", "what was adopted once is lost at the next death"),
    Mutant(
      "what never left is under another name", "adopt", "    code = 3\n", "    code = 1\n",
      "a holder cannot settle what it was granted"),
    Mutant(
      "what came back never left", "adopt", "owner == holder and field == 'permit:' .. name", "owner == holder",
      "a holder cannot settle what came back to it"),
    Mutant(
      "what has ended is unknown", "adopt", "is_listed(names) and 2 or 0", "0",
      "a holder does not learn what became of it"),
    Mutant(
      "what has ended at a second holder is unknown", "adopt", "    names[2] = owner .. '/' .. field\n", "",
      "a holder does not learn what became of it"),
  ]
}
