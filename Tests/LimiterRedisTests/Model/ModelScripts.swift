import LimiterCore
@testable import LimiterRedis

/// The scripts as the model runs them: with a clock that the test sets, and with small bounds, so that a short sequence
/// reaches every bound. Nothing else is changed; that the marks are there is checked.
enum ModelScripts {
  /// Bounds that a short sequence reaches.
  static let smallBounds: StoreBounds = {
    var bounds = StoreBounds()
    bounds.pruned = 3
    bounds.exactEntries = 5
    bounds.quanta = 8
    bounds.retryWalk = 6
    return bounds
  }()

  static let clockKey = "test-clock"

  static func make(
    bounds: StoreBounds = StoreBounds(), mutate: (_ file: String, _ text: String) -> String = { $1 }
  ) -> LimiterScripts {
    LimiterScripts { file, text in
      var text = mutate(file, text)
      text = text.replacing(
        "call('TIME')", with: "call('HMGET', string.match(KEYS[1], '^lim:{.-}:') .. '\(clockKey)', 's', 'us')")
      text = text.replacing("local PRUNED = 256", with: "local PRUNED = \(bounds.pruned)")
      text = text.replacing("local EXACT_ENTRIES = 4096", with: "local EXACT_ENTRIES = \(bounds.exactEntries)")
      text = text.replacing("local QUANTA = 2048", with: "local QUANTA = \(bounds.quanta)")
      // Time to live passes on the server's clock, which is not the sequence's.
      text = text.replacing("local WINDOW_SLACK_MS = 1000", with: "local WINDOW_SLACK_MS = 3600000")
      if bounds.retryWalk != LimiterBounds.retryWalk {
        text = text.replacing("local RETRY_WALK = 1024", with: "local RETRY_WALK = \(bounds.retryWalk)")
        text = text.replacing("local RETRY_CHUNK = 64", with: "local RETRY_CHUNK = 2")
      }
      return text
    }
  }
}
