import Hiredis

/// Replies of the worker protocol as JSON.
extension Reply {
  /// A value that stands for itself.
  var json: JSONValue {
    switch self {
    case .integer(let number): .integer(number)
    case .bulk, .status, .error: .string(string ?? errorMessage ?? "")
    case .null: .null
    case .array(let elements): .array(elements.map(\.json))
    }
  }

  /// The value behind a key of a flat map.
  func value(_ key: String) -> Reply? {
    guard let elements = array else { return nil }
    for index in stride(from: elements.startIndex, to: elements.endIndex - 1, by: 2)
    where elements[index].string == key { return elements[index + 1] }
    return nil
  }

  /// A flat map, `[key, value, key, value ...]`, as an object.
  ///
  /// - Parameters:
  ///   - flags: keys whose 0 and 1 are false and true.
  ///   - convert: how the values of other keys are told.
  func object(
    flags: Set<String> = [], _ convert: [String: (Reply) -> JSONValue] = [:]
  ) -> JSONValue {
    let elements = array ?? []
    var members: [JSONValue.Member] = []
    for index in stride(from: 0, to: elements.count - 1, by: 2) {
      let (key, value) = (elements[index].string ?? "", elements[index + 1])
      if flags.contains(key) {
        members.append(.init(key, .bool(value.int == 1)))
      } else {
        members.append(.init(key, convert[key]?(value) ?? value.json))
      }
    }
    return .object(members)
  }

  /// A row of fixed columns, `[a, b]`, as an object; null stays.
  func row(_ columns: String...) -> JSONValue {
    guard let row = array else { return .null }
    return .object(zip(columns, row).map { .init($0, $1.json) })
  }

  /// Rows of fixed columns, `[[a, b], [a, b] ...]`, as objects.
  func rows(_ columns: String...) -> JSONValue {
    .array(
      (array ?? []).map { row in
        .object(zip(columns, row.array ?? []).map { .init($0, $1.json) })
      })
  }
}
