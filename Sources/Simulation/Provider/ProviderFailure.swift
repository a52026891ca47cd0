/// The error body of OpenAI's API.
struct ProviderFailure: Codable {
  struct Failure: Codable {
    var message: String
    var type: String
    var param: String?
    var code: String?

    // `null` is sent, as OpenAI does, where the synthesized code would leave the key out.
    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(message, forKey: .message)
      try container.encode(type, forKey: .type)
      try container.encode(param, forKey: .param)
      try container.encode(code, forKey: .code)
    }
  }

  var error: Failure

  init(message: String, type: String, code: String?) {
    error = Failure(message: message, type: type, param: nil, code: code)
  }

  init(_ rejection: ProviderVerdict.Rejection, model: String) {
    let window = rejection.lengthMicroseconds.map { " per \(GoDuration.format(microseconds: $0))" } ?? ""
    let advice =
      rejection.retryMicroseconds.map { "Please try again in \(GoDuration.format(microseconds: $0))." }
      ?? "The call is larger than the limit and can never succeed."
    self.init(
      message:
        "Rate limit reached for \(model) on \(rejection.name)\(window): Limit \(rejection.limit), Used \(rejection.used), Requested \(rejection.requested). \(advice)",
      type: rejection.name == "concurrency" ? "requests" : rejection.name, code: "rate_limit_exceeded")
  }

  func body(_ dialect: ProviderDialect, anthropic: String) -> [String: Any] {
    dialect.error(
      type: error.type, code: dialect == .anthropic ? anthropic : error.code, message: error.message)
  }
}
