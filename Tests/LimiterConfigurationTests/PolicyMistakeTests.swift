import LimiterConfiguration
import Testing

@Suite("A bad policy says all that is wrong, and where")
struct PolicyMistakeTests {
  @Test("the server", arguments: BadPolicy.server)
  func server(_ bad: BadPolicy) { bad.check() }

  @Test("keys", arguments: BadPolicy.keys)
  func keys(_ bad: BadPolicy) { bad.check() }

  @Test("top-level values", arguments: BadPolicy.values)
  func values(_ bad: BadPolicy) { bad.check() }

  @Test("models", arguments: BadPolicy.models)
  func models(_ bad: BadPolicy) { bad.check() }

  @Test("limits", arguments: BadPolicy.limits)
  func limits(_ bad: BadPolicy) { bad.check() }

  @Test(
    "what may be a secret is not told",
    arguments: [
      "providers: sk-s3cret", "providers: {openai: sk-s3cret}", "providers: {openai: {key_env: sk-s3cret}}",
      "providers: {openai: {base_url: 'https://u:s3cret@h/v1'}}", "providers: {openai: {base_url: 'u:s3cret@h'}}",
      "alerts: 'https://hooks.example/s3cret'", "alerts: {webhook: 'hooks.example/s3cret'}",
      "redis: 'redis://:s3cret@h'", "redis: {url: 'redis://:s3cret@h'}", "redis: {url: 's3cret@h'}",
      "redis: {url: 'redis://h', password_env: 's3cret!'}", "redis: {url: 'redis://h', password_file: s3cret}",
      "server: {password_env: 's3cret!'}", "server: {password_file: s3cret}",
      "server: {listen: '127.0.0.1:1', tls: {certificate: /c, key: s3cret}}",
    ])
  func secrets(_ text: String) {
    let error = #expect(throws: PolicyError.self) {
      try PolicyFile.parse("domain: d\nmodels: {gpt-4o: {}}\n\(text)\n", name: "bad.yaml")
    }
    #expect(error?.problems.count == 1 && error?.description.contains("s3cret") == false, "\(error?.description ?? "")")
  }
}
