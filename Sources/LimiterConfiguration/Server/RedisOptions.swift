/// Where the daemon's Redis is: the key `redis` of the policy's file. Without it, the daemon starts one of its own.
public struct RedisOptions: Sendable, Hashable {
  /// `redis://`, `rediss://` or `unix://`, without a password.
  public var url: String
  /// The ACL user.
  public var user: String?
  /// Where the password stands.
  public var passwordSource: ServerOptions.Secret?

  /// A Redis.
  public init(url: String, user: String? = nil, passwordSource: ServerOptions.Secret? = nil) {
    self.url = url
    self.user = user
    self.passwordSource = passwordSource
  }
}
