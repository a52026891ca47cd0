import SeededRandom
import TestSupport
import Testing

@testable import RedisClient

@Suite("The life of a link")
struct LinkStateMachineTests {
  private let lost = RedisError(.connectionLost, "x", outcome: .unknown)
  private let fatal = RedisError(.wrongPassword, "x", outcome: .notSent)

  /// Each event as a word, each action as a word: `connect`, `rest`, `close`, `end`, `fail`, `-`.
  private func play(_ script: String) -> String {
    var machine = LinkStateMachine(RedisReconnect())
    var random = SeededGenerator(seed: 1)
    return script.split(separator: " ").map { event in
      switch event {
      case "start": word(machine.start())
      case "ready":
        {
          machine.handshakeCompleted(at: .zero)
          return machine.isReady ? "ready" : "-"
        }()
      case "lost": word(machine.lost(lost, at: .zero, using: &random))
      case "fatal": word(machine.lost(fatal, at: .zero, using: &random))
      case "timer": word(machine.restCompleted())
      case "stop": word(machine.stop())
      default: "?"
      }
    }.joined(separator: " ")
  }

  private func word(_ action: LinkStateMachine.Action) -> String {
    switch action {
    case .none: "-"
    case .connect: "connect"
    case .rest: "rest"
    case .finish(let error): error == nil ? "end" : "fail"
    case .closeConnection: "close"
    }
  }

  @Test(arguments: [
    // The usual life.
    ("start ready lost timer ready stop lost", "connect ready rest connect ready close end"),
    // Attempts fail until one succeeds.
    ("start lost timer lost timer ready", "connect rest connect rest connect ready"),
    // A fatal answer to the handshake ends it; nothing happens afterwards.
    ("start fatal timer start lost stop", "connect fail - - - -"),
    // A fatal answer to one caller's command, on a ready connection, does not.
    ("start ready fatal timer ready", "connect ready rest connect ready"),
    // A wrong password at a later connect does not, either: it may be mended at the server.
    ("start ready lost timer fatal timer fatal", "connect ready rest connect rest connect rest"),
    ("start ready lost timer fatal timer ready", "connect ready rest connect rest connect ready"),
    // Nor where the first attempts met no server, and the first connection came later.
    ("start lost timer ready lost timer fatal", "connect rest connect ready rest connect rest"),
    ("start lost timer fatal", "connect rest connect fail"),
    // Stop, in every state.
    ("stop start", "end -"),
    ("start stop lost", "connect close end"),
    ("start stop ready lost", "connect close ready end"),
    ("start lost stop timer", "connect rest end -"),
    ("start ready stop stop lost stop", "connect ready close - end -"),
    // Late news.
    ("lost timer ready start", "- - - connect"),
    ("start lost lost", "connect rest -"),
  ])
  func goes(_ events: String, _ actions: String) {
    #expect(play(events) == actions)
  }
}
