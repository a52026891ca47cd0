import DequeModule
import Hiredis

/// One connection, from the first byte to the last.
///
/// ```
/// initial --active--> handshake --all answered--> ready --drain--> draining --last reply--> closed
///                         |                         |                 |
///                         +-- refused, or any end --+-----------------+-----------------> closed
/// ```
///
/// HELLO is never sent: hiredis 0.14 reads RESP2 only, and RESP2 is what a server speaks by itself.
/// All steps of the handshake go out at once, so that a reconnect costs one round trip, however many scripts there are.
struct ConnectionStateMachine {
  enum Role: Hashable {
    case commands
    /// After its handshake, every reply is a push: nothing is matched with commands. Also for replies that carry tags.
    case subscriptions
  }

  enum Action {
    case none
    case send([HandshakeStep])
    case becomeReady(ConnectionFacts)
    /// The reply belongs to the oldest pending command.
    case deliver(Reply)
    /// The reply is a message.
    case push(Reply)
    case close(RedisError)
  }

  private enum State {
    case initial
    case handshake(awaited: Deque<HandshakeStep>, ConnectionFacts)
    case ready
    case draining(RedisError)
    case closed
  }

  private let role: Role
  private var state = State.initial

  init(role: Role) {
    self.role = role
  }

  /// New commands are accepted.
  var isReady: Bool {
    if case .ready = state { true } else { false }
  }

  var isClosed: Bool {
    if case .closed = state { true } else { false }
  }

  var isHandshaking: Bool {
    switch state {
    case .initial, .handshake: true
    case .ready, .draining, .closed: false
    }
  }

  mutating func activated(_ configuration: RedisConfiguration) -> Action {
    guard case .initial = state else { return .none }
    let steps = Self.steps(configuration, role: role)
    state = .handshake(awaited: Deque(steps), ConnectionFacts())
    return .send(steps)
  }

  /// In this order: without AUTH nothing else is answered, and names are wanted in the log of what follows.
  static func steps(_ configuration: RedisConfiguration, role: Role) -> [HandshakeStep] {
    var steps: [HandshakeStep] = []
    if let credentials = configuration.credentials { steps.append(.authenticate(credentials)) }
    if let name = configuration.clientName { steps.append(.setName(name)) }
    steps.append(.ping)
    guard role == .commands else { return steps }
    if configuration.database != 0 { steps.append(.select(configuration.database)) }
    steps.append(contentsOf: configuration.scripts.map(HandshakeStep.load))
    steps.append(.readMemoryInformation)
    return steps
  }

  mutating func received(_ reply: Reply) -> Action {
    switch state {
    case .handshake(var awaited, var facts):
      guard let step = awaited.popFirst() else { return .none }
      let (followUp, failure) = Self.judge(reply, to: step, &facts)
      if let failure {
        state = .closed
        return .close(failure)
      }
      if let followUp { awaited.append(followUp) }
      guard awaited.isEmpty else {
        state = .handshake(awaited: awaited, facts)
        return followUp.map { .send([$0]) } ?? .none
      }
      state = .ready
      return .becomeReady(facts)
    case .ready, .draining:
      return role == .commands ? .deliver(reply) : .push(reply)
    case .initial:
      // Redis speaks first only to turn us away: protected mode, or too many clients.
      state = .closed
      guard case .error(let text) = reply else { return .close(Self.unexpected("a greeting")) }
      return .close(ServerErrorTable.error(forReply: text, isScript: false))
    case .closed:
      return .none
    }
  }

  /// No new commands; closes when the last reply is here.
  mutating func drain(because reason: RedisError, pendingIsEmpty: Bool) -> Action {
    guard !isClosed else { return .none }
    guard !pendingIsEmpty, !isHandshaking else {
      state = .closed
      return .close(reason)
    }
    state = .draining(reason)
    return .none
  }

  /// A reply was handed to its command.
  mutating func delivered(pendingIsEmpty: Bool) -> Action {
    guard pendingIsEmpty, case .draining(let reason) = state else { return .none }
    state = .closed
    return .close(reason)
  }

  /// The connection has ended, whoever ended it.
  mutating func closed() {
    state = .closed
  }

  private static func judge(
    _ reply: Reply, to step: HandshakeStep, _ facts: inout ConnectionFacts
  ) -> (followUp: HandshakeStep?, failure: RedisError?) {
    guard case .error(let text) = reply else {
      return judgeSuccess(reply, to: step, &facts)
    }
    let error = ServerErrorTable.error(forReply: text, isScript: false)
    let isNicety = !step.isRequired && (error.code == .noPermission || !error.isFatal && error.retry == .never)
    guard isNicety else { return (nil, failed(step, error)) }
    return (step == .readMemoryInformation ? .readEvictionPolicy : nil, nil)
  }

  private static func judgeSuccess(
    _ reply: Reply, to step: HandshakeStep, _ facts: inout ConnectionFacts
  ) -> (followUp: HandshakeStep?, failure: RedisError?) {
    switch (step, reply) {
    case (.load(let script), .bulk(let sha1)):
      // A proxy that answers something else would make every EVALSHA fail in a way that is hard to read.
      guard sha1.elementsEqual(script.sha1.utf8) else { return (nil, unexpected("the SHA-1 of \(script.name)")) }
      return (nil, nil)
    case (.load(let script), _):
      return (nil, unexpected("the SHA-1 of \(script.name)"))
    case (.readMemoryInformation, .bulk(let text)):
      facts.evictionPolicy = EvictionPolicy.parse(information: text)
      return (facts.evictionPolicy == nil ? .readEvictionPolicy : nil, nil)
    case (.readEvictionPolicy, _):
      facts.evictionPolicy = EvictionPolicy.parse(configuration: reply)
      return (nil, nil)
    default:
      return (nil, nil)
    }
  }

  private static func failed(_ step: HandshakeStep, _ error: RedisError) -> RedisError {
    let isWrongDatabase = error.code == .server && step.name.hasPrefix("SELECT")
    return RedisError(
      isWrongDatabase ? .invalidConfiguration : error.code, "\(step.name) failed. \(error.message)", outcome: .notSent)
  }

  private static func unexpected(_ what: String) -> RedisError {
    RedisError(
      .protocolViolation, "Expected \(what), and something else came: is this a Redis, and the right port?",
      outcome: .notSent)
  }
}
