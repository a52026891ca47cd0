/// What a handshake has found out about the server.
struct ConnectionFacts: Hashable {
  /// `maxmemory-policy`, such as `noeviction`; `nil`: the ACL user may not read it.
  var evictionPolicy: String?
}
