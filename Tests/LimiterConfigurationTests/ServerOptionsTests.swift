import LimiterCore
import Testing

@testable import LimiterConfiguration

@Suite("The keys `server`, `redis` and `providers`, and the standard policy")
struct ServerOptionsTests {
  @Test("all of them")
  func all() throws {
    let text = """
      domain: d
      models: {gpt-4o: {}}
      server:
        socket: /run/l.sock
        socket_mode: "0600"
        listen: "[::1]:7379"
        http: 9178
        tls: {certificate: /c.pem, key: /k.pem}
        password_env: SECRET
        drain: 3s
        redis_slow_after: 400ms
        max_connections: 5_0
      redis: {url: "rediss://redis:6380", user: limiterd, password_file: /secret}
      """
    let file = try PolicyFile.parseAll(text, name: "test")
    var expected = ServerOptions()
    expected.socket = "/run/l.sock"
    expected.socketMode = 0o600
    expected.tcp = .init(host: "::1", port: 7_379)
    expected.http = .init(host: "127.0.0.1", port: 9_178)
    expected.tls = .init(certificate: "/c.pem", key: "/k.pem")
    expected.passwordSource = .environment("SECRET")
    expected.drain = .seconds(3)
    expected.redisSlowAfter = .milliseconds(400)
    expected.maximumConnections = 50
    #expect(file.server == expected)
    #expect(file.redis == RedisOptions(url: "rediss://redis:6380", user: "limiterd", passwordSource: .file("/secret")))
  }

  @Test("where providers are")
  func providers() throws {
    let text = """
      domain: d
      models: {gpt-4o: {}}
      providers:
        openai: {base_url: "https://gateway.example/v1", key_env: GATEWAY_KEY}
        local: {wire: openai-responses}
      """
    let file = try PolicyFile.parseAll(text, name: "test")
    #expect(
      file.providers == [
        "openai": ProviderOptions(baseURL: "https://gateway.example/v1", keyVariable: "GATEWAY_KEY"),
        "local": ProviderOptions(wire: "openai-responses"),
      ])
  }

  @Test("how a provider counts tokens")
  func counting() throws {
    let text = """
      domain: d
      models:
        gpt-4o: {limits: {tokens: 100/1m}}
        mine: {provider: openai, count: sum, price: gpt-4o, limits: {tokens: 100/1m}}
        gemini/gemini-2.5-pro: {provider: gemini, limits: {tokens: 100/1m}}
        claude-sonnet-4-5: {limits: {tokens: 100/1m}}
      """
    let policy = try PolicyFile.parse(text, name: "test")
    #expect(
      policy.models.mapValues(\.counting) == [
        "gpt-4o": .max, "mine": .sum, "gemini/gemini-2.5-pro": .input, "claude-sonnet-4-5": .sum,
      ])
    let units = policy.limits.map { rule in if case .window(let unit, _, _) = rule.kind { unit } else { nil as Unit? } }
    #expect(units == [.tokens, .tokens, .inputTokens, .tokens])
  }

  @Test("the policy that is used without any has limits, and budgets per run and day")
  func standard() throws {
    let policy = try PolicyFile.standard().policy
    #expect(policy.headroomPerMille == 800)
    #expect(policy.models["gpt-4o"]?.price != nil && policy.models["claude-sonnet-4-5"]?.price != nil)
    let budgets = policy.limits.filter { if case .budget = $0.kind { true } else { false } }
    #expect(
      budgets.map(\.kind) == [
        .budget(nanodollars: 1_000_000_000, period: .lifetime), .budget(nanodollars: 50_000_000_000, period: .day),
      ])
    #expect(budgets.map(\.scope) == [[.run], []])
  }

  @Test("without them, the defaults hold")
  func none() throws {
    let file = try PolicyFile.parseAll("domain: d\nmodels: {gpt-4o: {}}\n", name: "test")
    #expect(file.server == ServerOptions())
    #expect(file.redis == nil)
    #expect(file.policy == (try PolicyFile.parse("domain: d\nmodels: {gpt-4o: {}}\n", name: "test")))
  }

  @Test(
    "addresses",
    arguments: [
      ("127.0.0.1:1", "127.0.0.1", 1), ("7379", "127.0.0.1", 7_379), ("[::1]:5", "::1", 5),
      ("localhost:0", "localhost", 0),
    ])
  func addresses(_ text: String, _ host: String, _ port: Int) {
    #expect(ServerOptions.TCP(parsing: text) == .init(host: host, port: port))
  }

  @Test("what is no address", arguments: ["", ":1", "a:", "a:b", "a:65536", "::1:5", "[::1]", "[::1]5", "a:-1"])
  func noAddress(_ text: String) {
    #expect(ServerOptions.TCP(parsing: text) == nil)
  }
}
