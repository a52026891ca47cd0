import FaultTrials

/// docs/evidence.md, as `scripts/prove --full` writes it.
struct EvidencePage {
  let report: ProofReport
  let seed: UInt64

  init(_ report: ProofReport, seed: UInt64) {
    self.report = report
    self.seed = seed
  }

  var text: String {
    """
    # Evidence

    Written by `scripts/prove --full --seed \(seed)`; what is tried and how it is judged stands in [testing.md](testing.md#faults). One row is one trial:
    a redis-server, two limiterds and six worker processes under these faults, one after the other, while workers are killed beside them.
    `scripts/prove --schedule NAME --seed N` repeats a row. *Worst window*: the fullest window, or the most holders at once, as a part of its limit,
    by the workers' own logs. *Back after*: from the end of the last fault until a second with 95 % of the calls of before.

    \(ProofTable(report).text)

    """
  }
}
