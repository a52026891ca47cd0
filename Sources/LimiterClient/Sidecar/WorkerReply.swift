internal import Hiredis
internal import LimiterCore

/// A reply of limiterd, element by element; what is not there is an error that says so.
struct WorkerReply {
  private let elements: [Reply]
  let what: String

  init(_ reply: Reply, _ what: String) throws {
    guard let elements = reply.array else { throw Self.unreadable(what) }
    self.init(elements, what)
  }

  private init(_ elements: [Reply], _ what: String) {
    self.elements = elements
    self.what = what
  }

  static func unreadable(_ what: String) -> LimiterError {
    LimiterError(
      .limiterdRefused,
      "expected \(what) as docs/worker-protocol.md has it, another reply came; use one version of both")
  }

  /// The value behind a key; `nil` without the key.
  private func find(_ key: String) -> Reply? {
    // Keys stand at every second place from the end; at the others are values, which may be any words: a model may be called `limits`.
    for index in stride(from: elements.count - 2, through: 0, by: -2) where elements[index].string == key {
      return elements[index + 1]
    }
    return nil
  }

  func value(_ key: String) throws -> Reply {
    guard let value = find(key) else { throw Self.unreadable(what) }
    return value
  }

  func text(_ key: String) throws -> String { try Self.text(try value(key), what) }
  func number(_ key: String) throws -> Int64 { try Self.number(try value(key), what) }

  /// `nil` when the reply says nil.
  func optionalNumber(_ key: String) throws -> Int64? {
    let value = try value(key)
    return value.isNull ? nil : try Self.number(value, what)
  }

  func text(at index: Int) throws -> String { try Self.text(try element(index), what) }
  func number(at index: Int) throws -> Int64 { try Self.number(try element(index), what) }
  var count: Int { elements.count }
  func isNull(at index: Int) throws -> Bool { try element(index).isNull }

  func list(_ key: String) throws -> [WorkerReply] {
    guard let list = try value(key).array else { throw Self.unreadable(what) }
    return try list.map { try WorkerReply($0, what) }
  }

  private func element(_ index: Int) throws -> Reply {
    guard elements.indices.contains(index) else { throw Self.unreadable(what) }
    return elements[index]
  }

  private static func text(_ reply: Reply, _ what: String) throws -> String {
    guard let text = reply.string else { throw unreadable(what) }
    return text
  }

  private static func number(_ reply: Reply, _ what: String) throws -> Int64 {
    guard case .integer(let number) = reply else { throw unreadable(what) }
    return number
  }
}
