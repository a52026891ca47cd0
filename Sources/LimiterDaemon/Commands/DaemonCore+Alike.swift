import LimiterCore

/// ACQUIRE ... HOLD 0 that asks for the same again and again: see ``AlikeCalls``.
extension DaemonCore {
  /// What calls of these words belong to; `nil` when each is decided by itself.
  func makeAlike(_ words: ArraySlice<[UInt8]>, _ arguments: AcquireArguments) -> AlikeCalls? {
    guard arguments.wait == 0, arguments.operation == nil else { return nil }
    if alikeCalls.count >= DaemonBounds.alikeTexts {
      alikeCalls = alikeCalls.filter { $0.value.asked > 0 || !$0.value.next.isEmpty }
      guard alikeCalls.count < DaemonBounds.alikeTexts else { return nil }
    }
    let alike = AlikeCalls(arguments)
    alikeCalls[CommandWords(words: words)] = alike
    return alike
  }

  func join(_ alike: AlikeCalls, _ target: ReplyTarget) {
    guard phase == .running else {
      counters.denied += 1
      return target.answer { DenialReply.writeDraining(to: &$0) }
    }
    alike.next.append(target)
    if alike.asked == 0 { ask(alike) }
  }

  /// A chunk was answered; when it was the last one of its round, the next round begins.
  func answered(_ alike: AlikeCalls) {
    alike.asked -= 1
    if alike.asked == 0, !alike.next.isEmpty { ask(alike) }
  }

  private func ask(_ alike: AlikeCalls) {
    let targets = alike.next
    alike.next = []
    guard phase == .running else {
      counters.denied += Int64(targets.count)
      for target in targets { target.answer { DenialReply.writeDraining(to: &$0) } }
      return
    }
    // The policy may have changed since they came.
    do throws(CommandError) { _ = try check(alike.arguments) } catch {
      for target in targets { target.answer(error) }
      return
    }
    let size = alike.size
    alike.asked += (targets.count + size - 1) / size
    for start in stride(from: 0, to: targets.count, by: size) {
      let chunk = Array(targets[start..<min(start + size, targets.count)])
      submit(PendingAcquire(number: makePendingNumber(), alike: alike, targets: chunk))
    }
  }

  /// Not all of a chunk fit: each is asked for by itself.
  func askEach(_ targets: [ReplyTarget], of alike: AlikeCalls) {
    alike.asked += targets.count
    for target in targets {
      submit(PendingAcquire(number: makePendingNumber(), alike: alike, targets: [target]))
    }
  }
}
