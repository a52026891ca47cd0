package import LimiterConfiguration
package import RedisClient

extension RedisConfiguration {
  /// What is wrong with a URL of Redis; `nil`: nothing. No part of it is told in which a password can stand.
  package static func mistake(inURL url: String) -> String? {
    do throws(RedisError) { _ = try RedisConfiguration(url: url) } catch { return error.message }
    return nil
  }

  /// The Redis that a command line names, or else the policy's file, which tells a user and a password, too; `nil`: neither names one.
  ///
  /// - Throws: `RedisError` for a URL that is none; `SecretError` when the password is not where the file says.
  package static func named(by url: String?, or file: RedisOptions?) throws -> RedisConfiguration? {
    if let url { return try RedisConfiguration(url: url) }
    guard let file else { return nil }
    var redis = try RedisConfiguration(url: file.url)
    if let source = file.passwordSource {
      redis.credentials = RedisCredentials(user: file.user, password: try SecretReader.read(source, for: "redis"))
    }
    return redis
  }
}
