extension Mutant {
  /// Mistakes in what a provider's word takes away.
  static let observation: [Mutant] = [
    Mutant(
      "what was granted since is not counted", "observe", "      granted = granted + amount_of(member)\n", "",
      "our own calls under way are taken for somebody else's"),
    Mutant(
      "what was used is not counted", "observe", "allowed - used - granted - left", "allowed - granted - left",
      "our own calls are taken for somebody else's"),
    Mutant(
      "it gives", "observe", "if #since <= SINCE and missing > 0 then", "if #since <= SINCE and missing ~= 0 then",
      "more than the policy allows"),
    Mutant(
      "old answers count", "observe", "  elseif granted_at > last then", "  elseif true then",
      "the same calls of others are taken away again and again"),
    Mutant(
      "old refusals count", "observe", "if granted_at > last and left < 0 then", "if left < 0 then",
      "sixty refusals of one moment take everything"),
    Mutant(
      "it stays for a whole window", "observe",
      "      if reset > 0 and reset < length then\n        stay = reset\n      end\n", "",
      "quota that is there is not used"),
    Mutant(
      "it stays for longer than a window", "observe", "if reset > 0 and reset < length then", "if reset > 0 then",
      "quota that is there is not used"),
    Mutant(
      "a refusal comes back at once", "observe", "even(now + floor(length * step / STEPS)) + 2", "even(now) + 2",
      "the next refusal follows"),
    Mutant(
      "a refusal takes more", "observe", "local TENTHS = 3", "local TENTHS = 4", "quota that is there is not used"),
    Mutant(
      "it is not known that something was taken", "observe",
      "    call('SET', observed, int(now), 'PX', floor(length / 1000) + WINDOW_SLACK_MS)\n", "",
      "the same calls of others are taken away again and again"),
    Mutant(
      "its stamp is given again", "observe", "    call('HSET', KEYS[1], 'last_us', int(now))\n", "",
      "two batches share an entry"),
  ]
}
