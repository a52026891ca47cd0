import DequeModule
import Hiredis

/// Who listens to which channel, what Redis knows of it, and what it has still to confirm.
///
/// Redis is told about a channel when its first subscriber comes and when its last one goes. Confirmations and refusals come in the
/// order of the commands, and a refusal doesn't name its channel: so each command carries one channel, and `outstanding`
/// remembers which.
struct SubscriptionSet {
  typealias SubscriberID = UInt64

  enum Command: Hashable {
    case subscribe(String)
    case unsubscribe(String)
  }

  /// What a push means for the subscribers.
  enum Outcome: Hashable {
    case nothing
    /// All channels of these subscribers are confirmed.
    case established([SubscriberID])
    case message([SubscriberID], RedisMessage)
    /// Redis refused a channel of these subscribers, who are removed.
    case refused([SubscriberID], String, then: [Command])
    case unexpected
  }

  private struct Channel {
    var subscribers: [SubscriberID]
    var isConfirmed: Bool
    /// Tells a confirmation of this subscription from one of an earlier subscription to the same channel.
    let generation: Int
  }

  private var channels: [String: Channel] = [:]
  private var subscribers: [SubscriberID: Set<String>] = [:]
  private var outstanding: Deque<(channel: String, generation: Int?)> = []
  private var nextID: SubscriberID = 0
  private var nextGeneration = 0

  var isEmpty: Bool { subscribers.isEmpty }

  /// - Returns: its id, what to send if there is a connection, and whether Redis has confirmed all of it already.
  mutating func add(_ names: Set<String>) -> (id: SubscriberID, commands: [Command], isEstablished: Bool) {
    nextID += 1
    subscribers[nextID] = names
    var commands: [Command] = []
    for name in names.sorted() {
      if channels[name] != nil {
        channels[name]?.subscribers.append(nextID)
      } else {
        nextGeneration += 1
        channels[name] = Channel(subscribers: [nextID], isConfirmed: false, generation: nextGeneration)
        commands.append(.subscribe(name))
      }
    }
    return (nextID, commands, isEstablished(nextID))
  }

  /// - Returns: what to send if there is a connection.
  mutating func remove(_ id: SubscriberID) -> [Command] {
    var commands: [Command] = []
    for name in (subscribers.removeValue(forKey: id) ?? []).sorted() {
      channels[name]?.subscribers.removeAll { $0 == id }
      if channels[name]?.subscribers.isEmpty == true {
        channels[name] = nil
        commands.append(.unsubscribe(name))
      }
    }
    return commands
  }

  mutating func removeAll() -> [SubscriberID] {
    defer { self = SubscriptionSet() }
    return subscribers.keys.sorted()
  }

  /// `command` goes out now; its confirmation is awaited.
  mutating func sent(_ command: Command) {
    switch command {
    case .subscribe(let name): outstanding.append((name, channels[name]?.generation))
    case .unsubscribe(let name): outstanding.append((name, nil))
    }
  }

  /// There is a new connection, which knows nothing.
  mutating func connected() -> [Command] {
    outstanding.removeAll()
    for name in channels.keys { channels[name]?.isConfirmed = false }
    return channels.keys.sorted().map(Command.subscribe)
  }

  mutating func received(_ push: Reply) -> Outcome {
    switch push {
    case .array(let parts) where parts.count >= 2:
      guard let kind = parts[0].string, let name = parts[1].string else { return .unexpected }
      switch kind {
      case "message":
        guard parts.count == 3, case .bulk(let payload) = parts[2] else { return .unexpected }
        return .message(channels[name]?.subscribers ?? [], RedisMessage(channel: name, payload: payload))
      case "subscribe", "unsubscribe": return confirmed(name)
      case "pong": return .nothing
      default: return .unexpected
      }
    case .status("PONG"): return .nothing
    case .error(let text): return refused(text)
    default: return .unexpected
    }
  }

  private mutating func confirmed(_ name: String) -> Outcome {
    guard let first = outstanding.popFirst(), first.channel == name else { return .unexpected }
    guard let channel = channels[name], channel.generation == first.generation else { return .nothing }
    channels[name]?.isConfirmed = true
    return .established(channel.subscribers.filter(isEstablished))
  }

  private mutating func refused(_ text: String) -> Outcome {
    guard let first = outstanding.popFirst() else { return .unexpected }
    guard let channel = channels[first.channel], channel.generation == first.generation else { return .nothing }
    channels[first.channel] = nil
    let commands = channel.subscribers.flatMap { remove($0) }
    return .refused(channel.subscribers, text, then: commands)
  }

  private func isEstablished(_ id: SubscriberID) -> Bool {
    (subscribers[id] ?? []).allSatisfy { channels[$0]?.isConfirmed == true }
  }
}
