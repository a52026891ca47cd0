/// The keys of log metadata.
enum LogKey {
  static let connection = "connection"
  static let error = "error"
  static let seconds = "seconds"
}
