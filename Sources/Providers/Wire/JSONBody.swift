import Foundation
import Resilience

/// A JSON object of a provider, of which nothing is certain.
struct JSONBody {
  private let object: [String: Any]

  init(_ object: [String: Any]) { self.object = object }

  /// `nil`: it is no JSON object.
  init?(_ bytes: [UInt8]) {
    guard let object = try? JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any] else { return nil }
    self.object = object
  }

  subscript(key: String) -> JSONBody? { (object[key] as? [String: Any]).map(JSONBody.init) }
  func text(_ key: String) -> String? { object[key] as? String }

  /// A whole number; `nil`: it is none, or is not there.
  func number(_ key: String) -> Int64? {
    guard let number = object[key] as? NSNumber else { return nil }
    return Int64(exactly: number.doubleValue)
  }

  func list(_ key: String) -> [JSONBody] { (object[key] as? [[String: Any]] ?? []).map(JSONBody.init) }
  func numbers(_ key: String) -> [Double]? { (object[key] as? [NSNumber])?.map(\.doubleValue) }

  static func encode(_ object: [String: Any]) throws -> [UInt8] {
    do {
      return Array(try JSONSerialization.data(withJSONObject: object, options: [.sortedKeys, .withoutEscapingSlashes]))
    } catch { throw CallFailure(.callerError, message: "the request cannot be written as JSON", cause: error) }
  }
}
