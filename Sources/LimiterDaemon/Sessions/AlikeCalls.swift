/// Calls that ask for the same words, wait for nothing and keep no permit: decided together, as one request of the whole amount.
///
/// ```
/// join --> next ... next           one round is asked for; what comes meanwhile waits for the next
///            |   a chunk of `size`
///            v
///          asked: all of it fits --> all are granted, and the next chunk is twice as large
///                 denied         --> back to `next`, and one is asked for:
///                                      denied --> all that came before it was asked are denied as it was
/// ```
///
/// A chunk is granted only when all of its calls fit, so no limit is passed; nobody that waits is overtaken, because the script holds
/// a chunk behind better-ranked calls as it would each of its calls. A denial of one is true of all that ask for the same.
struct AlikeCalls<Target> {
  /// Those that are not asked for yet.
  private var next: ArraySlice<Target> = []
  /// Chunks without an answer.
  private var asked = 0
  private var size = 1
  /// How many of `next` were there when a single one was asked for.
  private var covered = 0
  private let largest: Int

  init(largest: Int = DaemonBounds.alike) {
    self.largest = largest
  }

  var isIdle: Bool { asked == 0 && next.isEmpty }

  /// A call has come. The chunks to ask for now, if any.
  mutating func join(_ target: Target) -> [[Target]] {
    next.append(target)
    return asked == 0 ? ask() : []
  }

  /// A chunk was granted. The chunks to ask for now, if any.
  mutating func granted() -> [[Target]] {
    size = min(size * 2, largest)
    return answered()
  }

  /// A chunk was denied: whom to tell so, and the chunks to ask for now, if any.
  mutating func denied(_ chunk: [Target]) -> (told: [Target], chunks: [[Target]]) {
    size = 1
    guard chunk.count == 1 else {
      next = chunk + next
      return ([], answered())
    }
    let told = chunk + next.prefix(covered)
    next.removeFirst(covered)
    return (told, answered())
  }

  /// A chunk got no decision: whom to tell so. Those that have not been asked for yet would get none either.
  mutating func failed(_ chunk: [Target]) -> [Target] {
    asked -= 1
    covered = 0
    defer { next = [] }
    return chunk + next
  }

  private mutating func answered() -> [[Target]] {
    asked -= 1
    return asked == 0 ? ask() : []
  }

  private mutating func ask() -> [[Target]] {
    var chunks: [[Target]] = []
    // All at once only where there was room for a large chunk lately.
    while !next.isEmpty, chunks.isEmpty || size == largest {
      chunks.append(Array(next.prefix(size)))
      next.removeFirst(min(size, next.count))
    }
    asked = chunks.count
    covered = asked == 1 && chunks[0].count == 1 ? next.count : 0
    return chunks
  }
}
