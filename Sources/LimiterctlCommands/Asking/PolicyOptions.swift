import ArgumentParser
import Foundation
import LimiterClient
import LimiterConfiguration
import LimiterCore
import Logging
import RedisClient

/// Straight to Redis, without a limiterd: by which policy.
struct PolicyOptions: ParsableArguments {
  /// Who looks, for people that look into Redis.
  static let name = "limiterctl"

  @Option(help: ArgumentHelp("Ask Redis itself, by the limits of this policy file.", valueName: "file"))
  var config: String?

  @Option(
    help: ArgumentHelp(
      "That Redis: redis://, rediss:// or unix://. (default: as the file says, with its user and password)",
      valueName: "url"))
  var redis: String?

  func validate() throws {
    if redis != nil, config == nil {
      throw ValidationError("--redis needs --config FILE: Redis alone does not know the limits")
    }
    if let redis { try Self.validate(redis: redis) }
  }

  /// For commands that ask Redis only.
  func validateIsSaid() throws {
    if config == nil { throw ValidationError("expected --config FILE: limits are named there") }
  }

  static func validate(redis url: String) throws {
    if let mistake = RedisConfiguration.mistake(inURL: url) { throw ValidationError("--redis: \(mistake)") }
  }

  /// A limiter of the policy, for the time of `body`.
  func withLimiter<Result: Sendable>(
    _ body: @Sendable (Limiter, Policy) async throws -> Result
  ) async throws -> Result {
    guard let config else { throw Failure("expected --config FILE: limits are named there") }
    let file: LimiterdConfiguration
    do { file = try PolicyFile.readAll(path: config) } catch { throw Failure("\(error)") }
    guard let redis = try RedisConfiguration.named(by: redis, or: file.redis) else {
      throw Failure("expected --redis URL: \(config) names no Redis")
    }
    var settings = LimiterSettings(policy: file.policy, redis: redis, name: Self.name)
    settings.patience = .seconds(5)
    let policy = file.policy
    do {
      return try await Limiter.withLimiter(
        settings, logger: Logger(label: "limiterctl") { _ in SwiftLogNoOpLogHandler() }
      ) { try await body($0, policy) }
    } catch let error as LimiterError {
      throw Failure("\(error)")
    } catch let error as RedisError {
      throw Failure("Redis cannot be used: \(error.explanation)")
    }
  }
}
