import LimiterCore

/// ACQUIRE ... HOLD 0 that asks for the same again and again: see ``AlikeCalls``.
extension DaemonCore {
  /// What calls of these words belong to; `nil` when each is decided by itself.
  func makeAlike(_ words: WorkerWords, _ arguments: AcquireArguments) -> AlikeGroup? {
    guard arguments.wait == 0, arguments.operation == nil else { return nil }
    if alikeGroups.count >= DaemonBounds.alikeTexts {
      alikeGroups = alikeGroups.filter { !$0.value.calls.isIdle }
      guard alikeGroups.count < DaemonBounds.alikeTexts else { return nil }
    }
    let group = AlikeGroup(arguments)
    // In memory of their own: those that came keep all that came with them.
    alikeGroups[WorkerWords(words.map { Array($0) })] = group
    return group
  }

  func join(_ group: AlikeGroup, _ target: ReplyTarget) {
    guard phase == .running else {
      counters.denied += 1
      observeDraining(group.arguments.request.model)
      return target.answer { DenialReply.writeDraining(to: &$0) }
    }
    ask(group.calls.join(target), of: group)
  }

  func ask(_ chunks: [[ReplyTarget]], of group: AlikeGroup) {
    guard !chunks.isEmpty else { return }
    // The policy may have changed since they came.
    var problem: (any Error)?
    do throws(CommandError) { _ = try check(group.arguments) } catch { problem = error }
    if phase != .running { problem = Draining() }
    for chunk in chunks {
      let call = PendingAcquire(number: makePendingNumber(), group: group, targets: chunk)
      if let problem { complete(call, .failure(problem)) } else { submit(call) }
    }
  }
}
