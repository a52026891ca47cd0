/// Where a run stands, in a line of less than 80 columns as long as the numbers are small.
struct ProgressLine {
  var seconds: Double
  var duration: Double
  var counters: WorkerCounters
  var provider: ProviderLedger.Totals
  var isDraining: Bool

  var text: String {
    let time = isDraining ? "draining" : "\(Int(seconds))/\(Int(duration)) s"
    return "\(time)  arrived \(counters.arrived)  waiting \(counters.waiting)  in flight \(counters.inFlight)  "
      + "done \(counters.completed)  429 \(provider.rejected)"
  }
}
