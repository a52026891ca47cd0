import Hiredis

/// The reply of SETTLE and CANCEL as JSON.
enum SettleAnswer {
  static func body(of reply: Reply) -> JSONValue { .object([.init("outcome", reply.json)]) }
}
