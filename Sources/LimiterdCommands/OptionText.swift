import ArgumentParser
import Foundation
import LimiterConfiguration
import Simulation

/// From the text of an option to its value; what is thrown says what was expected.
enum OptionText {
  /// Seconds, or a duration with its unit.
  static func duration(_ text: String) throws -> Duration {
    if let seconds = Double(text) {
      guard seconds.isFinite, abs(seconds) < 1e9 else { throw ValidationError("expected seconds, got \(text)") }
      return .microseconds(Int64(seconds * 1_000_000))
    }
    return try checked { () throws(QuantityError) in try Quantity.duration(text) }
  }

  static func guardTime(_ text: String) throws -> Duration {
    try checked { () throws(QuantityError) in try Quantity.duration(text, in: .zero...ConfigurationBounds.longestGuard)
    }
  }

  static func dollars(_ text: String) throws -> Int64 {
    try checked { () throws(QuantityError) in try Quantity.dollars(text) }
  }

  static func perMille(_ text: String) throws -> Int64 {
    try checked { () throws(QuantityError) in try Quantity.perMille(text) }
  }

  /// Turns errors of this project into those of the command line, which end the process with the status for wrong usage.
  static func checked<Value, Failure: Error>(_ read: () throws(Failure) -> Value) throws -> Value {
    do { return try read() } catch { throw ValidationError("\(error)") }
  }
}
