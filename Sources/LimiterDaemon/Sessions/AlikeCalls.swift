/// Calls that ask for the same words, wait for nothing and keep no permit: decided together as one request of the whole amount.
///
/// ```
/// join --> next ... next         one round is under way; what comes meanwhile is the next
///            |  chunks of `size`
///            v
///          asked: all fit --> all are granted, and the next chunks are twice as large
///                 denied  --> each is asked for by itself, so a denial is always exact
/// ```
///
/// A chunk is granted only when all of its calls fit, so no limit is passed; nobody that waits is overtaken, because the script holds
/// a chunk behind better-ranked calls as it would each of its calls.
final class AlikeCalls {
  let arguments: AcquireArguments
  /// Where the answers go of those that are not asked for yet.
  var next: [ReplyTarget] = []
  /// Chunks without an answer.
  var asked = 0
  private(set) var size = 1

  init(_ arguments: AcquireArguments) {
    self.arguments = arguments
  }

  func wasGranted() { size = min(size * 2, DaemonBounds.alike) }
  func wasDenied() { size = 1 }
}

/// The words behind a command's name.
struct CommandWords: Hashable {
  var words: ArraySlice<[UInt8]>

  func hash(into hasher: inout Hasher) {
    // Two texts that differ only in where a word ends are told apart when they are compared.
    for word in words { word.withUnsafeBytes { hasher.combine(bytes: $0) } }
  }
}
