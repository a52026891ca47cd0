/// JSON as the HTTP front end reads and writes it; members keep their order.
package enum JSONValue: Hashable, Sendable {
  package struct Member: Hashable, Sendable {
    package var name: String
    package var value: JSONValue

    package init(_ name: String, _ value: JSONValue) {
      self.name = name
      self.value = value
    }
  }

  case object([Member])
  case array([JSONValue])
  case string(String)
  case integer(Int64)
  /// A number that is no whole one of 64 bits. It is only told apart: all amounts are whole.
  case fraction
  case bool(Bool)
  case null

  /// What it is, for messages.
  var kind: String {
    switch self {
    case .object: "an object"
    case .array: "an array"
    case .string: "a string"
    case .integer(let number): "\(number)"
    case .fraction: "another number"
    case .bool(let flag): "\(flag)"
    case .null: "null"
    }
  }

  /// A member of an object.
  package subscript(name: String) -> JSONValue? {
    guard case .object(let members) = self else { return nil }
    return members.first { $0.name == name }?.value
  }
}
