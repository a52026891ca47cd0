import Foundation

/// What an error's body says, in whatever shape a provider has.
struct ErrorBody {
  /// Words that name the error: `code`, `type`, `status`, `__type` and the like, in lower case.
  var names: Set<String> = []
  var message = ""
  /// Google's `RetryInfo`.
  var retryDelay: Duration?
  /// Google's `QuotaFailure`.
  var quotas: [String] = []

  init(_ bytes: [UInt8]) {
    guard let root = try? JSONSerialization.jsonObject(with: Data(bytes)) else { return }
    // Gemini wraps it into an array when it streams.
    let object = (root as? [String: Any]) ?? (root as? [[String: Any]])?.first
    guard let object else { return }
    read(object)
    read(errorOf: object)
    // `response.failed`, an event of OpenAI's responses, has the answer that failed.
    if let response = object["response"] as? [String: Any] { read(errorOf: response) }
  }

  func says(_ wanted: String...) -> Bool { wanted.contains { message.contains($0) } }

  private mutating func read(errorOf object: [String: Any]) {
    if let error = object["error"] as? [String: Any] {
      read(error)
      if let inner = error["innererror"] as? [String: Any] { read(inner) }
      for detail in error["details"] as? [[String: Any]] ?? [] { read(detail: detail) }
    } else if let text = object["error"] as? String {
      names.insert(text.lowercased())
    }
  }

  private mutating func read(_ object: [String: Any]) {
    for key in ["code", "type", "status", "__type"] {
      guard let text = object[key] as? String else { continue }
      // AWS: `com.amazon.coral.service#ThrottlingException`.
      names.insert((text.split(separator: "#").last.map(String.init) ?? text).lowercased())
    }
    if let text = (object["message"] ?? object["Message"]) as? String { message += text.lowercased() + " " }
  }

  private mutating func read(detail: [String: Any]) {
    if let text = detail["retryDelay"] as? String, let delay = GoDuration.parse(text) {
      retryDelay = min(delay, RetryHint.longest)
    }
    for violation in detail["violations"] as? [[String: Any]] ?? [] {
      if let quota = violation["quotaId"] as? String { quotas.append(quota) }
    }
    if let reason = detail["reason"] as? String { names.insert(reason.lowercased()) }
  }
}
