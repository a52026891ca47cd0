import NIOCore

extension EventLoop {
  /// Now plus `duration`; "for ever" is a century, which no clock overflows.
  func deadline(in duration: Duration) -> NIODeadline {
    now + TimeAmount(min(max(duration, .zero), .seconds(100 * 365 * 86_400)))
  }
}
