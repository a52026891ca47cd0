import Foundation

/// What a person reads beside the log. One that takes nothing (a full disk, a reader that has gone) is no reason to end.
enum StandardError {
  static func write(_ text: String) {
    try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
  }

  /// The next file that is opened takes the lowest number: where standard error is closed, lines of the log would go to Redis.
  static func occupyClosedStreams() {
    var descriptor = open("/dev/null", O_RDWR)
    while (0...2).contains(descriptor) { descriptor = open("/dev/null", O_RDWR) }
    if descriptor > 2 { close(descriptor) }
  }
}
