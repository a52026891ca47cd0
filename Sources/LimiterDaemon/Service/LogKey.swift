/// The keys of log metadata.
enum LogKey {
  static let connection = "connection"
  static let session = "session"
  static let error = "error"
  static let address = "address"
  static let policy = "policy"
  static let count = "count"
  static let permit = "permit"
  static let permits = "permits"
  static let lane = "lane"
  static let path = "path"
  static let seconds = "seconds"
}
