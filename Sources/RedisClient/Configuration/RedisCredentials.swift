/// Who we are to Redis. Neither `print` nor `dump` shows the password.
public struct RedisCredentials: Sendable, Hashable, CustomStringConvertible, CustomDebugStringConvertible,
  CustomReflectable
{
  /// The ACL user; `nil` is the `default` user, as with `requirepass`.
  public var user: String?
  /// The password.
  public var password: String

  /// - Parameters:
  ///   - user: The ACL user, or `nil` for the `default` user.
  ///   - password: Its password.
  public init(user: String? = nil, password: String) {
    self.user = user
    self.password = password
  }

  /// The user, and that there is a password.
  public var description: String { "\(user ?? "default"):<password>" }
  /// As ``description``.
  public var debugDescription: String { description }
  /// Without the password.
  public var customMirror: Mirror { Mirror(self, children: ["user": user as Any]) }
}
