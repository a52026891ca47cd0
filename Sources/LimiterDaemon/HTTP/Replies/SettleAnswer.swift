import Hiredis

/// The replies of SETTLE, CANCEL and RENEW as JSON.
enum SettleAnswer {
  static func body(of reply: Reply) -> JSONValue { .object([.init("outcome", reply.json)]) }

  static func renewed(_ reply: Reply) -> JSONValue { .object([.init("held", .bool(reply.int == 1))]) }
}
