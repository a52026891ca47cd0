import LimiterConfiguration
import LimiterCore
import Simulation

/// What `--help` and errors say of bounds and of the report; the bounds themselves stand where they are checked.
enum HelpText {
  static let workers = of(range(SimulationBounds.workers))
  static let limiterds = of(range(SimulationBounds.limiterds))
  static let duration =
    "\(DurationText.format(.seconds(SimulationBounds.duration.lowerBound))) to "
    + DurationText.format(.seconds(SimulationBounds.duration.upperBound))
  static let load = of(SimulationBounds.load)
  static let guardTime = "0 to \(DurationText.format(ConfigurationBounds.longestGuard))"
  static let limit =
    "Amounts from 1 to \(LimiterBounds.amount) per \(DurationText.format(LimiterBounds.shortestWindow)) to "
    + "\(DurationText.format(LimiterBounds.longestWindow)), as in a policy."
  static let dollars = "up to \(Dollars.format(nanodollars: LimiterBounds.amount))"
  static let defaultWorkers = "\(SimulateCommand.workers); demo: \(DemoCommand.workers)"
  static let defaultDuration =
    "\(DurationText.format(SimulateCommand.duration)); demo: \(DurationText.format(DemoCommand.duration))"
  static let defaultModel = "gpt-4o"
  static let budget = "none; demo: \(Dollars.format(nanodollars: DemoCommand.budget))"

  /// What a run with faults ends with.
  static let faults =
    "With --faults calls may fail and be answered with 429: then 0 when no limit was passed, the budget is the provider's bill, no worker was lost, calls were "
    + "answered and, where the faults ended before the arrivals, all was well again in time."

  /// How to read the report.
  static let report = """
    Of a window, utilisation is the share of what the provider admits in all whole windows of the run from its start; a run shorter than a window \
    has one. Of concurrency, it is the mean share of the slots that were busy. Failed are calls that were rejected, broke, could not be \
    decided or lost their worker, or with --chain that no model answered; denied are those that got no permit in time, or that the budget stopped.

    Exit status: 0 when no limit was passed, no call failed and none was answered with 429, else 1; 64 when the command line makes no sense. \
    \(faults)
    """

  static func of(_ range: ClosedRange<Double>) -> String { "\(of(range.lowerBound)) to \(of(range.upperBound))" }

  /// Without decimals where there are none.
  static func of(_ number: Double) -> String {
    number == number.rounded() && abs(number) < 1e15 ? String(Int64(number)) : "\(number)"
  }

  static func range(_ range: ClosedRange<Int>) -> ClosedRange<Double> {
    Double(range.lowerBound)...Double(range.upperBound)
  }
}
