internal import DequeModule
internal import NIOCore

/// One direction of a connection: bytes go out in order, each when its time has come.
final class ProxyPump {
  private let target: any Channel
  private var waiting: Deque<(at: NIODeadline, bytes: ByteBuffer)> = []
  private var isStalled = false
  private var timer: Scheduled<Void>?

  init(_ target: any Channel) { self.target = target }

  func send(_ bytes: ByteBuffer, _ faults: LinkFaults, isReply: Bool = false) {
    isStalled = faults.isStalled
    let drip = isReply ? faults.dripBytes : 0
    if waiting.isEmpty, !isStalled, faults.delay == .zero, drip == 0 {
      return target.writeAndFlush(bytes, promise: nil)
    }
    var at = max(.now() + TimeAmount(faults.delay), waiting.last?.at ?? .distantPast)
    guard drip > 0 else {
      waiting.append((at, bytes))
      return flush(isStalled: isStalled)
    }
    var rest = bytes
    while let piece = rest.readSlice(length: min(drip, rest.readableBytes)), piece.readableBytes > 0 {
      at = at + .milliseconds(1)
      waiting.append((at, piece))
    }
    flush(isStalled: isStalled)
  }

  /// The stall is over.
  func flush() { flush(isStalled: false) }

  private func flush(isStalled: Bool) {
    self.isStalled = isStalled
    guard !isStalled else { return }
    let now = NIODeadline.now()
    while let first = waiting.first, first.at <= now {
      target.write(first.bytes, promise: nil)
      waiting.removeFirst()
    }
    target.flush()
    guard let next = waiting.first, timer == nil else { return }
    let bound = NIOLoopBound(self, eventLoop: target.eventLoop)
    timer = target.eventLoop.scheduleTask(deadline: next.at) {
      bound.value.timer = nil
      bound.value.flush(isStalled: bound.value.isStalled)
    }
  }
}
