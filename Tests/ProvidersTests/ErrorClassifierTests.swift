import Resilience
import Testing

@testable import Providers

@Suite struct ErrorClassifierTests {
  struct Case: Sendable, CustomStringConvertible {
    var description: String
    var status: Int
    var body: String
    var expected: ErrorClass?
    var headers: [String: String] = [:]

    init(
      _ description: String, _ status: Int, _ body: String, _ expected: ErrorClass?, _ headers: [String: String] = [:]
    ) {
      (self.description, self.status, self.body, self.expected, self.headers) = (
        description, status, body, expected, headers
      )
    }
  }

  static let cases: [Case] = [
    // OpenAI
    Case(
      "openai rate limit", 429,
      #"{"error":{"message":"Rate limit reached","type":"requests","code":"rate_limit_exceeded"}}"#, .rateLimited),
    Case(
      "openai tokens per minute", 429,
      #"{"error":{"message":"Rate limit reached for TPM","type":"tokens","code":"rate_limit_exceeded"}}"#, .rateLimited),
    Case("openai slow down", 503, #"{"error":{"message":"Slow down","type":"slow_down"}}"#, .rateLimited),
    Case(
      "openai quota", 429,
      #"{"error":{"message":"You exceeded your current quota","type":"insufficient_quota","code":"insufficient_quota"}}"#,
      .quotaExhausted),
    Case("openai credit", 429, #"{"error":{"code":"credit_balance_exhausted"}}"#, .quotaExhausted),
    Case(
      "openai organisation's spend", 429, #"{"error":{"code":"organization_spend_limit_exceeded"}}"#, .quotaExhausted),
    Case("openai project's spend", 429, #"{"error":{"code":"project_spend_limit_exceeded"}}"#, .quotaExhausted),
    Case(
      "openai organisation's usage", 429, #"{"error":{"code":"organization_usage_limit_exceeded"}}"#, .quotaExhausted),
    Case("openai billing", 429, #"{"error":{"code":"billing_hard_limit_reached"}}"#, .quotaExhausted),
    Case("openai overloaded", 503, #"{"error":{"type":"server_error","code":"server_is_overloaded"}}"#, .overloaded),
    Case("openai server error", 500, #"{"error":{"type":"server_error"}}"#, .transient),
    Case(
      "openai long", 400,
      #"{"error":{"message":"This model's maximum context length is 128000 tokens","code":"context_length_exceeded"}}"#,
      .contextTooLong),
    Case(
      "openai long, by its words", 400,
      #"{"error":{"message":"This model's maximum context length is 8192 tokens","type":"invalid_request_error"}}"#,
      .contextTooLong),
    Case(
      "openai content", 400, #"{"error":{"code":"content_policy_violation","type":"image_generation_user_error"}}"#,
      .contentPolicy),
    Case("openai key", 401, #"{"error":{"code":"invalid_api_key"}}"#, .authOrConfiguration),
    Case("openai country", 403, #"{"error":{"code":"unsupported_country_region_territory"}}"#, .authOrConfiguration),
    Case("openai model", 404, #"{"error":{"code":"model_not_found"}}"#, .authOrConfiguration),
    Case(
      "anthropic credit", 400,
      #"{"type":"error","error":{"type":"invalid_request_error","message":"Your credit balance is too low to access the Anthropic API."}}"#,
      .quotaExhausted),
    Case("openai nonsense", 400, #"{"error":{"type":"invalid_request_error","param":"messages"}}"#, .callerError),
    Case("openai unprocessable", 422, "", .callerError),
    Case("openai conflict", 409, "", .transient),
    // Azure
    Case(
      "azure rate limit", 429,
      #"{"error":{"code":"429","message":"Requests to the ChatCompletions_Create Operation have exceeded token rate limit"}}"#,
      .rateLimited),
    Case(
      "azure content filter", 400,
      #"{"error":{"code":"content_filter","status":400,"innererror":{"code":"ResponsibleAIPolicyViolation"}}}"#,
      .contentPolicy),
    Case(
      "azure content filter, inside", 400,
      #"{"error":{"code":"BadRequest","innererror":{"code":"ResponsibleAIPolicyViolation"}}}"#, .contentPolicy),
    Case("azure deployment", 404, #"{"error":{"code":"DeploymentNotFound"}}"#, .authOrConfiguration),
    Case(
      "azure key", 401, #"{"error":{"code":"401","message":"Access denied due to invalid subscription key"}}"#,
      .authOrConfiguration),
    Case("azure timeout", 408, #"{"error":{"code":"Timeout"}}"#, .timeout),
    // Anthropic
    Case(
      "anthropic rate limit", 429,
      #"{"type":"error","error":{"type":"rate_limit_error","message":"Number of request tokens"}}"#, .rateLimited),
    Case(
      "anthropic overloaded", 529, #"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#,
      .overloaded),
    Case(
      "anthropic overloaded, in a stream", 200, #"{"type":"error","error":{"type":"overloaded_error"}}"#, .overloaded),
    Case("anthropic error, in a stream", 200, #"{"type":"error","error":{"type":"api_error"}}"#, .transient),
    Case("anthropic internal", 500, #"{"type":"error","error":{"type":"api_error"}}"#, .transient),
    Case(
      "anthropic spend limit", 429, #"{"type":"error","error":{"type":"enforced_spend_limit_reached"}}"#,
      .quotaExhausted),
    Case("anthropic billing", 402, #"{"type":"error","error":{"type":"billing_error"}}"#, .quotaExhausted),
    Case(
      "anthropic long", 400,
      #"{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 210000 tokens > 200000 maximum"}}"#,
      .contextTooLong),
    Case(
      "anthropic long with output", 400,
      #"{"error":{"type":"invalid_request_error","message":"input length and max_tokens exceed context limit"}}"#,
      .contextTooLong),
    Case("anthropic large", 413, #"{"type":"error","error":{"type":"request_too_large"}}"#, .callerError),
    Case("anthropic key", 401, #"{"type":"error","error":{"type":"authentication_error"}}"#, .authOrConfiguration),
    Case("anthropic permission", 403, #"{"type":"error","error":{"type":"permission_error"}}"#, .authOrConfiguration),
    Case("anthropic model", 404, #"{"type":"error","error":{"type":"not_found_error"}}"#, .authOrConfiguration),
    Case(
      "anthropic nonsense", 400,
      #"{"type":"error","error":{"type":"invalid_request_error","message":"messages: at least one"}}"#, .callerError),
    Case("anthropic timeout", 504, #"{"type":"error","error":{"type":"timeout_error"}}"#, .transient),
    // Gemini
    Case(
      "gemini per minute", 429,
      #"{"error":{"code":429,"status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[{"quotaId":"GenerateRequestsPerMinutePerProjectPerModel"}]},{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"22s"}]}}"#,
      .rateLimited),
    Case(
      "gemini per day", 429,
      #"{"error":{"code":429,"status":"RESOURCE_EXHAUSTED","details":[{"violations":[{"quotaId":"GenerateRequestsPerDayPerProjectPerModel-FreeTier"}]}]}}"#,
      .quotaExhausted),
    Case(
      "gemini overloaded", 503, #"{"error":{"code":503,"status":"UNAVAILABLE","message":"The model is overloaded"}}"#,
      .overloaded),
    Case("gemini internal", 500, #"{"error":{"code":500,"status":"INTERNAL"}}"#, .transient),
    Case("gemini deadline", 504, #"{"error":{"code":504,"status":"DEADLINE_EXCEEDED"}}"#, .transient),
    Case(
      "gemini key", 400,
      #"{"error":{"code":400,"message":"API key not valid. Please pass a valid API key.","status":"INVALID_ARGUMENT","details":[{"reason":"API_KEY_INVALID"}]}}"#,
      .authOrConfiguration),
    Case(
      "gemini billing country", 400, #"{"error":{"code":400,"status":"FAILED_PRECONDITION"}}"#, .authOrConfiguration),
    Case(
      "gemini long", 400,
      #"{"error":{"code":400,"message":"The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).","status":"INVALID_ARGUMENT"}}"#,
      .contextTooLong),
    Case(
      "gemini nonsense", 400, #"{"error":{"code":400,"status":"INVALID_ARGUMENT","message":"Invalid value"}}"#,
      .callerError),
    Case("gemini, in a list", 429, #"[{"error":{"code":429,"status":"RESOURCE_EXHAUSTED"}}]"#, .rateLimited),
    // Bedrock
    Case(
      "bedrock throttled", 429, #"{"message":"Too many requests"}"#, .rateLimited,
      ["x-amzn-ErrorType": "ThrottlingException:http://internal.amazon.com/"]),
    Case(
      "bedrock throttled, with 400", 400,
      #"{"__type":"com.amazon.coral.availability#ThrottlingException","message":"Too many tokens"}"#, .rateLimited),
    Case("bedrock quota", 400, #"{"__type":"ServiceQuotaExceededException"}"#, .quotaExhausted),
    Case("bedrock not ready", 429, #"{"__type":"ModelNotReadyException"}"#, .overloaded),
    Case("bedrock unavailable", 503, #"{"__type":"ServiceUnavailableException"}"#, .overloaded),
    Case("bedrock model error", 424, #"{"__type":"ModelErrorException"}"#, .transient),
    Case("bedrock timeout", 408, #"{"__type":"ModelTimeoutException"}"#, .timeout),
    Case("bedrock access", 403, #"{"__type":"AccessDeniedException"}"#, .authOrConfiguration),
    Case(
      "bedrock long", 400, #"{"__type":"ValidationException","message":"Input is too long for requested model."}"#,
      .contextTooLong),
    Case(
      "bedrock nonsense", 400, #"{"__type":"ValidationException","message":"Malformed input request"}"#, .callerError),
    // Groq
    Case(
      "groq rate limit", 429,
      #"{"error":{"message":"Rate limit reached for model","type":"tokens","code":"rate_limit_exceeded"}}"#,
      .rateLimited),
    Case(
      "groq too large for its limit", 413,
      #"{"error":{"message":"Request too large for model","code":"rate_limit_exceeded"}}"#, .callerError),
    Case("groq capacity", 498, #"{"error":{"code":"capacity_exceeded"}}"#, .overloaded),
    // Whoever it is
    Case("no body", 429, "", .rateLimited), Case("a proxy's page", 502, "<html>Bad Gateway</html>", .transient),
    Case("a proxy's timeout", 504, "upstream request timeout", .transient), Case("another 5xx", 599, "", .transient),
    Case("unavailable without a word", 503, "", .overloaded), Case("another 4xx", 418, "", .callerError),
    Case("a body that is a list of nothing", 500, "[]", .transient),
    Case("a body that is cut", 429, #"{"error":{"ty"#, .rateLimited),
    Case("success", 200, #"{"choices":[{"message":{"content":"error: rate_limit_exceeded"}}]}"#, nil),
    Case("no content", 204, "", nil),
  ]

  @Test(arguments: cases) func everyAnswerHasItsClass(_ told: Case) {
    let headers = ProviderHeaders(told.headers.map { (name: $0.key, value: $0.value) })
    let failure = ErrorClassifier.failure(status: told.status, headers: headers, body: Array(told.body.utf8))
    #expect(failure?.errorClass == told.expected)
    if let failure { #expect(failure.status == told.status) }
  }

  @Test func thereAreAtLeastSixtyCases() { #expect(Self.cases.count >= 60) }

  @Test func theDelayOfTheBodyIsAHintAndHeadersGoBeforeIt() {
    let body = Array(#"{"error":{"status":"RESOURCE_EXHAUSTED","details":[{"retryDelay":"22s"}]}}"#.utf8)
    #expect(ErrorClassifier.failure(status: 429, body: body)?.hint == .seconds(22))
    #expect(ErrorClassifier.failure(status: 429, headers: ["Retry-After": "3"], body: body)?.hint == .seconds(3))
    #expect(ErrorClassifier.failure(status: 500, headers: ["X-Should-Retry": "false"])?.shouldRetry == false)
  }

  @Test(arguments: ["604801s", "999999999s", "200000h"])
  func theDelayOfTheBodyIsNoLongerThanAHeadersMayBe(_ delay: String) {
    let body = Array(#"{"error":{"status":"RESOURCE_EXHAUSTED","details":[{"retryDelay":"\#(delay)"}]}}"#.utf8)
    #expect(ErrorClassifier.failure(status: 429, body: body)?.hint == .seconds(604_800))
  }

  @Test(arguments: [
    (401, #"{"error": "Incorrect API key sk-secret; prompt was: my diary"}"#, " 401"),
    (400, #"{"error": {"code": "sk-secret: my diary", "type": "my diary", "status": "sk-secret"}}"#, " 400"),
    (400, #"{"error": {"code": "bad_request", "innererror": {"code": "sk-secret: my diary"}}}"#, " 400"),
    (429, #"{"type": "failed", "error": {"code": "rate_limit_exceeded"}}"#, " 429 rate_limit_exceeded"),
    (500, #"{"error": {"type": "server_error", "code": "a_word_of_its_own"}}"#, " 500 server_error"),
  ])
  func `a message has only words that the tables know`(_ status: Int, _ body: String, _ end: String) {
    let failure = ErrorClassifier.failure(status: status, body: Array(body.utf8))
    #expect(failure?.message == "the provider answered with status\(end)")
  }

  @Test func `a header's word is told only when the tables know it`() {
    let failure = ErrorClassifier.failure(status: 400, headers: ["x-amzn-errortype": "sk-secret:http://x"])
    #expect(failure?.message == "the provider answered with status 400")
  }

  @Test func aMessageHoldsNothingThatTheProviderWrote() {
    let body = Array(#"{"error":{"message":"Incorrect API key provided: sk-abc123","code":"invalid_api_key"}}"#.utf8)
    let failure = ErrorClassifier.failure(status: 401, body: body)
    #expect(failure?.message.contains("sk-") == false)
    #expect(failure?.message.contains("invalid_api_key") == true)
  }
}
