extension Mutant {
  /// Mistakes in what all workers count together.
  static let fleet: [Mutant] = [
    Mutant(
      "a minute is forgotten early", "report", "for m = minute - MINUTES, minute do",
      "for m = minute - MINUTES + 1, minute do", "five minutes are four"),
    Mutant(
      "minutes do not leave", "report", "for m = minute - MINUTES, minute do",
      "for m = minute - MINUTES - 1, minute do",
      "an alert goes on when all is well"),
    Mutant(
      "what is reported now does not count", "report", "  add(ARGV[i], more[i])\n", "",
      "an alert comes late"),
    Mutant(
      "a minute counts without end", "report", "MOST - (minutes[ARGV[i]] or 0)", "MOST",
      "a sum that nobody can read, and then none"),
    Mutant(
      "everybody tells", "report", "alert = is_told and GOES_ON or BEGINS", "alert = BEGINS",
      "as many messages as workers"),
    Mutant(
      "few calls say much", "report", "if calls >= least and", "if", "the first fallback of the night is an alert"),
    Mutant(
      "an end is told again and again", "report", "      call('UNLINK', alert_key)\n", "", "a message with each report"),
    Mutant(
      "begins and ends at one share", "report", "if fallbacks * 1250 > too_many * calls then", "if false then",
      "messages when the share wavers"),
    Mutant(
      "counters live for ever", "report", "  call('PEXPIRE', key, KEEP_MS)\n", "", "a key for each minute"),
  ]
}
