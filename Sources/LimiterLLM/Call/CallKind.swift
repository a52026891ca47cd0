import Synchronization

/// What a call wants of a provider.
enum CallKind: Sendable {
  /// A text, as a whole; with a function, in pieces.
  case chat(onText: (@Sendable (String) async throws -> Void)?)
  /// Vectors of these texts.
  case embeddings([String], Vectors)

  var isStream: Bool { if case .chat(.some) = self { true } else { false } }
  var isEmbeddings: Bool { if case .embeddings = self { true } else { false } }
}

/// The vectors of the last answer.
final class Vectors: Sendable {
  private let vectors = Mutex<[[Double]]>([])

  var all: [[Double]] { vectors.withLock { $0 } }
  func set(_ new: [[Double]]) { vectors.withLock { $0 = new } }
}
