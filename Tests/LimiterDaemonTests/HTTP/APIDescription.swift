import Yams

@testable import LimiterDaemon

/// docs/openapi.yaml, and whether answers are as it says.
struct APIDescription {
  let root: JSONValue

  init() throws {
    root = Self.json(try Yams.load(yaml: try RepositoryFile.read("docs/openapi.yaml")))
  }

  /// `GET /healthz` and so on.
  var operations: Set<String> {
    var operations: Set<String> = []
    for path in root["paths"]?.members ?? [] {
      for method in path.value.members where method.name != "parameters" {
        operations.insert("\(method.name.uppercased()) \(path.name)")
      }
    }
    return operations
  }

  func operation(_ method: String, _ path: String) -> JSONValue? {
    root["paths"]?[path]?[method.lowercased()]
  }

  /// What is behind `$ref`s; what stands beside one counts, too.
  func resolve(_ value: JSONValue) -> JSONValue {
    guard case .string(let reference)? = value["$ref"] else { return value }
    var target = root
    for name in reference.dropFirst(2).split(separator: "/") { target = target[String(name)] ?? .null }
    return resolve(target)
  }

  func schema(_ name: String) -> JSONValue { root["components"]?["schemas"]?[name].map(resolve) ?? .null }

  /// The media type and the schema of an answer; `nil`: the status is not described.
  func answer(_ method: String, _ path: String, _ status: Int) -> (type: String, schema: JSONValue)? {
    guard let answer = operation(method, path)?["responses"]?[String(status)].map(resolve),
      let content = answer["content"]?.members.first
    else { return nil }
    return (content.name, content.value["schema"].map(resolve) ?? .null)
  }

  /// What of a value is not as its schema says.
  func mistakes(in value: JSONValue, as schema: JSONValue, at path: String = "$") -> [String] {
    let schema = resolve(schema)
    if let type = schema["type"] {
      let types = if case .array(let list) = type { list } else { [type] }
      guard types.contains(where: { $0 == .string(Self.type(of: value)) }) else {
        return ["\(path): expected \(type.text), got \(value.text)"]
      }
    }
    if case .array(let allowed)? = schema["enum"], !allowed.contains(value) {
      return ["\(path): \(value.text) is none of \(allowed.map(\.text))"]
    }
    switch value {
    case .array(let elements):
      guard let items = schema["items"] else { return ["\(path): no items are described"] }
      return elements.enumerated().flatMap { mistakes(in: $1, as: items, at: "\(path)[\($0)]") }
    case .object(let members):
      let properties = schema["properties"]
      var mistakes: [String] = []
      if case .array(let required)? = schema["required"] {
        for case .string(let name) in required where value[name] == nil { mistakes.append("\(path): no \(name)") }
      }
      for member in members {
        if let property = properties?[member.name] {
          mistakes += self.mistakes(in: member.value, as: property, at: "\(path).\(member.name)")
        } else if schema["additionalProperties"] == .bool(false) {
          mistakes.append("\(path): \(member.name) is not described")
        }
      }
      return mistakes
    default: return []
    }
  }

  private static func type(of value: JSONValue) -> String {
    switch value {
    case .object: "object"
    case .array: "array"
    case .string: "string"
    case .integer: "integer"
    case .fraction: "number"
    case .bool: "boolean"
    case .null: "null"
    }
  }

  private static func json(_ value: Any?) -> JSONValue {
    switch value {
    case let flag as Bool: .bool(flag)
    case let number as Int: .integer(Int64(number))
    case let text as String: .string(text)
    case let list as [Any]: .array(list.map(json))
    case let map as [AnyHashable: Any]:
      .object(map.map { .init("\($0.key)", json($0.value)) }.sorted { $0.name < $1.name })
    default: .null
    }
  }
}

extension JSONValue {
  var members: [Member] {
    if case .object(let members) = self { members } else { [] }
  }
}
