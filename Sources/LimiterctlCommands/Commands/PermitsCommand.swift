import ArgumentParser
import LimiterClient
import LimiterCore
import LimiterRedis

/// `limiterctl permits`.
struct PermitsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "permits", abstract: "What is held: through this limiterd, or with --config by all hosts.")

  /// Permits that one look tells.
  private static let most = 1_000

  @Argument(help: "A session, by its id or name; left out, all.")
  var session: String?

  @OptionGroup var daemon: DaemonOptions
  @OptionGroup var policy: PolicyOptions

  func validate() throws { try daemon.validate(besideDirect: policy.config != nil) }

  func run() async throws {
    if policy.config != nil { return try await listDirectly() }
    let answer = try await daemon.ask(["PERMITS"] + (session.map { [$0] } ?? []))
    if daemon.json { return try Output.print(JSONText.make(answer, .records)) }
    var table = Table("PERMIT", "SESSION", "MODEL", "VALID FOR", "HOLDS")
    for permit in answer.list {
      let holds = permit["limits"].list.map { "\($0.list.first?.shown ?? "") \($0.list.last?.shown ?? "")" }
      table.add([
        permit["permit"].shown, permit["session"].shown, permit["model"].shown,
        Amount.milliseconds(permit["valid_for_ms"]), holds.joined(separator: ", "),
      ])
    }
    try Output.print(table.text)
  }

  private func listDirectly() async throws {
    let found = try await policy.withLimiter { limiter, _ in try await limiter.hosts(listing: Self.most) }
    let who = Dictionary(found.hosts.map { ($0.session, $0.who) }) { first, _ in first }
    let held = found.held.filter { session == nil || $0.session == session || who[$0.session] == session }
    if daemon.json {
      let objects = held.map { permit -> [String: Any] in
        let record = PermitRecord(permit.record.utf8)
        return [
          "permit": permit.id, "session": permit.session, "model": permit.model,
          "granted_at_us": record?.grantedAt.microseconds ?? 0,
          "limits": (record?.entries ?? []).map { [$0.limit.rawValue, $0.amount] as [Any] },
        ]
      }
      return try Output.print(JSONText.text(of: objects))
    }
    guard !held.isEmpty else { return try Output.print("Nothing is held.") }
    var table = Table("PERMIT", "WHO", "SESSION", "MODEL", "HELD FOR", "HOLDS")
    for permit in held {
      let record = PermitRecord(permit.record.utf8)
      let age =
        record.map { Answer.number(max(found.now.microseconds - $0.grantedAt.microseconds, 0) / 1_000) } ?? .null
      table.add([
        permit.id, who[permit.session] ?? "", permit.session, permit.model, Amount.milliseconds(age),
        (record?.entries ?? []).map { "\($0.limit) \($0.amount)" }.joined(separator: ", "),
      ])
    }
    try Output.print(table.text)
    let all = found.hosts.reduce(0) { $0 + $1.permits }
    if session == nil, all > held.count { try Output.print("and \(all - Int64(held.count)) more") }
  }
}
