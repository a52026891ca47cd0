/// The keys of this module's log metadata.
enum LogKey {
  static let address = "redis_address"
  static let attempt = "attempt"
  static let delay = "delay"
  static let error = "error"
}
