/// The keys of this module's log metadata.
enum LogKey {
  static let session = "session"
  static let policy = "maxmemory_policy"
  static let error = "error"
  static let permits = "permits"
  static let permit = "permit"
  static let lane = "lane"
}
