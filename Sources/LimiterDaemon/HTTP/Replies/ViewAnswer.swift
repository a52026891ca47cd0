import Hiredis

/// The listings as JSON.
enum ViewAnswer {
  static func limits(_ reply: Reply) -> JSONValue { list("limits", reply) { $0.object() } }

  static func permits(_ reply: Reply) -> JSONValue {
    list("permits", reply) { $0.object(["limits": { $0.rows("limit", "amount") }]) }
  }

  static func queue(_ reply: Reply) -> JSONValue { list("calls", reply) { $0.object() } }

  static func runs(_ reply: Reply) -> JSONValue { list("runs", reply) { $0.object() } }

  static func cooldowns(_ reply: Reply) -> JSONValue { list("cooldowns", reply) { $0.object() } }

  static func peek(_ reply: Reply) -> JSONValue {
    reply.object(flags: ["admitted"], ["limits": { .array(($0.array ?? []).map(limit)) }])
  }

  static func explanation(_ reply: Reply) -> JSONValue {
    reply.object(
      flags: ["would_wait"],
      ["limits": { .array(($0.array ?? []).map(limit)) }, "denial": denial])
  }

  /// `["denied", reason, "limit", ...]`, or null.
  private static func denial(_ reply: Reply) -> JSONValue {
    guard let elements = reply.array else { return .null }
    return Reply.array([.bulk(Array("reason".utf8))] + elements.dropFirst()).object(flags: ["exact"])
  }

  private static func limit(_ reply: Reply) -> JSONValue {
    reply.object(
      flags: ["fits"],
      [
        "holders": { $0.rows("session", "count") }, "hosts": { $0.rows("session", "who", "slots") },
        "period": { $0.row("name", "start_us", "end_us") },
      ])
  }

  private static func list(_ name: String, _ reply: Reply, _ element: (Reply) -> JSONValue) -> JSONValue {
    .object([.init(name, .array((reply.array ?? []).map(element)))])
  }
}
