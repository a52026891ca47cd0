import Foundation

/// The host's monotonic clock: the same for all processes, and none of the faults' business.
enum MonotonicClock {
  /// In microseconds.
  static var now: Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000
  }
}
