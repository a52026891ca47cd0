import Hiredis
import Testing

@testable import RedisClient

@Suite("One connection")
struct ConnectionStateMachineTests {
  private let script = RedisScript(name: "add", source: "return 1")

  private func full() throws -> RedisConfiguration {
    var configuration = try RedisConfiguration(url: "redis://ann:hunter2@localhost/3?name=me")
    configuration.scripts = [script]
    return configuration
  }

  private func plain() throws -> RedisConfiguration { try RedisConfiguration(url: "redis://localhost") }

  /// What an action does, in a word.
  private func word(_ action: ConnectionStateMachine.Action) -> String {
    switch action {
    case .none: "-"
    case .send(let steps): steps.map(\.name).joined(separator: ", ")
    case .becomeReady(let facts): "ready \(facts.evictionPolicy ?? "unknown")"
    case .deliver: "deliver"
    case .push: "push"
    case .close(let error): "close \(error.code)"
    }
  }

  private func machine(
    _ configuration: RedisConfiguration, role: ConnectionStateMachine.Role = .commands, _ replies: [Reply]
  ) -> [String] {
    var machine = ConnectionStateMachine(role: role)
    return [word(machine.activated(configuration))] + replies.map { word(machine.received($0)) }
  }

  private let information = Reply.bulk(Array("# Memory\r\nmaxmemory:0\r\nmaxmemory_policy:noeviction\r\n".utf8))

  @Test func theHandshakeGoesOutAtOnceAndInThisOrder() throws {
    let words = try machine(
      full(),
      [.status("OK"), .status("OK"), .status("PONG"), .status("OK"), .bulk(Array(script.sha1.utf8)), information])
    #expect(
      words == [
        "AUTH, CLIENT SETNAME, PING, SELECT 3, SCRIPT LOAD (add), INFO memory", "-", "-", "-", "-", "-",
        "ready noeviction",
      ])
  }

  @Test func subscriptionsNeedNeitherScriptsNorADatabase() throws {
    let words = try machine(full(), role: .subscriptions, [.status("OK"), .status("OK"), .status("PONG"), .null])
    #expect(words == ["AUTH, CLIENT SETNAME, PING", "-", "-", "ready unknown", "push"])
  }

  @Test func helloIsNeverSent() throws {
    for role in [ConnectionStateMachine.Role.commands, .subscriptions] {
      let steps = try ConnectionStateMachine.steps(full(), role: role) + [.readEvictionPolicy]
      #expect(steps.allSatisfy { $0.arguments.first != "HELLO" })
    }
  }

  @Test func withoutInfoTheEvictionPolicyIsAskedForInAnotherWay() throws {
    let config = Reply.array([.bulk(Array("maxmemory-policy".utf8)), .bulk(Array("allkeys-lru".utf8))])
    #expect(
      try machine(plain(), [.status("PONG"), .error("NOPERM no INFO"), config])
        == ["PING, INFO memory", "-", "CONFIG GET maxmemory-policy", "ready allkeys-lru"])
    #expect(
      try machine(plain(), [.status("PONG"), .bulk([]), .error("ERR unknown command 'CONFIG'")])
        == ["PING, INFO memory", "-", "CONFIG GET maxmemory-policy", "ready unknown"])
  }

  @Test(arguments: [
    // AUTH
    ([Reply.error("WRONGPASS invalid username-password pair or user is disabled.")], "close wrongPassword"),
    (
      [.error("ERR AUTH <password> called without any password configured for the default user.")],
      "close wrongPassword"
    ),
    ([.error("LOADING Redis is loading the dataset in memory")], "close loading"),
    // A name is a nicety.
    ([.status("OK"), .error("NOPERM this user has no permissions")], "-"),
    ([.status("OK"), .error("ERR unknown command 'CLIENT'")], "-"),
    // But not being let in is not.
    ([.status("OK"), .error("NOAUTH Authentication required.")], "close authenticationRequired"),
    ([.status("OK"), .status("OK"), .error("MASTERDOWN Link with MASTER is down")], "close masterDown"),
    ([.status("OK"), .status("OK"), .error("BUSY Redis is busy")], "close busy"),
    // SELECT
    (
      [.status("OK"), .status("OK"), .status("PONG"), .error("ERR DB index is out of range")],
      "close invalidConfiguration"
    ),
    ([.status("OK"), .status("OK"), .status("PONG"), .error("NOPERM no")], "close noPermission"),
    // SCRIPT LOAD
    ([.status("OK"), .status("OK"), .status("PONG"), .status("OK"), .error("NOPERM no")], "close noPermission"),
    (
      [.status("OK"), .status("OK"), .status("PONG"), .status("OK"), .error("ERR Error compiling script")],
      "close server"
    ),
    (
      [.status("OK"), .status("OK"), .status("PONG"), .status("OK"), .bulk(Array("0123".utf8))],
      "close protocolViolation"
    ),
    ([.status("OK"), .status("OK"), .status("PONG"), .status("OK"), .status("OK")], "close protocolViolation"),
  ])
  func aHandshakeIsJudgedStepByStep(_ replies: [Reply], _ last: String) throws {
    #expect(try machine(full(), replies).last == last)
  }

  @Test func fatalAnswersNameTheStepAndNoSecret() throws {
    var machine = ConnectionStateMachine(role: .commands)
    _ = try machine.activated(full())
    guard case .close(let error) = machine.received(.error("WRONGPASS invalid")) else {
      Issue.record("expected the end")
      return
    }
    #expect(error.isFatal)
    #expect(error.message.hasPrefix("AUTH failed."))
    #expect(!error.description.contains("hunter2"))
  }

  @Test(arguments: [
    (Reply.error("DENIED Redis is running in protected mode"), "close protectedMode"),
    (.error("ERR max number of clients reached"), "close tooManyClients"),
    (.status("220 mail.example.org"), "close protocolViolation"),
  ])
  func aServerThatSpeaksFirstTurnsUsAway(_ greeting: Reply, _ action: String) {
    var machine = ConnectionStateMachine(role: .commands)
    #expect(word(machine.received(greeting)) == action)
    #expect(machine.isClosed)
  }

  private func ready() throws -> ConnectionStateMachine {
    var machine = ConnectionStateMachine(role: .commands)
    _ = try machine.activated(plain())
    _ = machine.received(.status("PONG"))
    #expect(!machine.isReady)
    _ = machine.received(information)
    #expect(machine.isReady)
    return machine
  }

  private let reason = RedisError(.readOnly, "x", outcome: .refused)

  @Test func drainingDeliversWhatIsDueAndThenCloses() throws {
    var machine = try ready()
    #expect(word(machine.drain(because: reason, pendingIsEmpty: false)) == "-")
    #expect(!machine.isReady)
    #expect(word(machine.received(.integer(1))) == "deliver")
    #expect(word(machine.delivered(pendingIsEmpty: false)) == "-")
    #expect(word(machine.received(.integer(2))) == "deliver")
    #expect(word(machine.delivered(pendingIsEmpty: true)) == "close readOnly")
    #expect(word(machine.received(.integer(3))) == "-")
  }

  @Test func drainingWithNothingDueClosesAtOnce() throws {
    var machine = try ready()
    #expect(word(machine.drain(because: reason, pendingIsEmpty: true)) == "close readOnly")
    var young = ConnectionStateMachine(role: .commands)
    #expect(word(young.drain(because: reason, pendingIsEmpty: true)) == "close readOnly")
  }

  @Test func nothingFollowsTheEnd() throws {
    var machine = try ready()
    machine.closed()
    #expect(word(machine.received(.integer(1))) == "-")
    #expect(word(machine.drain(because: reason, pendingIsEmpty: true)) == "-")
    #expect(word(machine.delivered(pendingIsEmpty: true)) == "-")
  }
}
