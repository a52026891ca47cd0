import RedisClient
import Testing

@Suite("Redis URLs")
struct RedisURLTests {
  struct Good: Sendable, CustomTestStringConvertible {
    let url: String
    var address = RedisAddress.tcp(host: "localhost", port: 6379)
    var credentials: RedisCredentials?
    var database = 0
    var name: String?
    var tls: RedisTLS?
    var testDescription: String { url }
  }

  @Test(arguments: [
    Good(url: "redis://localhost"),
    Good(url: "redis://localhost/"),
    Good(url: "REDIS://localhost:6379/0"),
    Good(url: "redis://10.0.0.7:7000/3", address: .tcp(host: "10.0.0.7", port: 7000), database: 3),
    Good(url: "redis://[::1]", address: .tcp(host: "::1", port: 6379)),
    Good(url: "redis://[fd00::7]:7000", address: .tcp(host: "fd00::7", port: 7000)),
    Good(url: "redis://:secret@localhost", credentials: .init(password: "secret")),
    Good(url: "redis://ann:secret@localhost", credentials: .init(user: "ann", password: "secret")),
    Good(url: "redis://ann:a:b@localhost", credentials: .init(user: "ann", password: "a:b")),
    Good(url: "redis://ann:a@b@localhost", credentials: .init(user: "ann", password: "a@b")),
    Good(
      url: "redis://a%6En:%40%2F%3A%25%3F%23%C3%A9@localhost", credentials: .init(user: "ann", password: "@/:%?#é")),
    Good(url: "redis://localhost?name=worker-7", name: "worker-7"),
    Good(url: "rediss://localhost", tls: RedisTLS()),
    Good(
      url: "rediss://localhost?ca=/a%20b/ca.pem&cert=/c.pem&key=/k.pem&servername=redis.internal",
      tls: RedisTLS(
        caFile: "/a b/ca.pem", certificateFile: "/c.pem", privateKeyFile: "/k.pem", serverName: "redis.internal")),
    Good(url: "unix:///run/redis.sock", address: .unix(path: "/run/redis.sock")),
    Good(
      url: "unix:///run/a%20b.sock?db=2&user=ann&password=s%26t&name=me", address: .unix(path: "/run/a b.sock"),
      credentials: .init(user: "ann", password: "s&t"), database: 2, name: "me"),
    Good(
      url: "unix:///run/redis.sock?password=secret", address: .unix(path: "/run/redis.sock"),
      credentials: .init(password: "secret")),
  ])
  func areUnderstood(_ expected: Good) throws {
    let configuration = try RedisConfiguration(url: expected.url)
    #expect(configuration.address == expected.address)
    #expect(configuration.credentials == expected.credentials)
    #expect(configuration.database == expected.database)
    #expect(configuration.clientName == expected.name)
    #expect(configuration.tls == expected.tls)
  }

  /// Every password is `hunter2`, in every wrong place that a typing mistake can bring it to.
  @Test(arguments: [
    ("localhost:6379", "no scheme"),
    ("", "no scheme"),
    ("hunter2://localhost", "scheme is not known"),
    ("http://:hunter2@localhost", "scheme is not known"),
    ("redis://", "no host"),
    ("redis://:hunter2@", "no host"),
    ("redis://:hunter2@:6379", "no host"),
    ("redis://ann:hunter2", "port"),
    ("redis://hunter2@localhost", "user:password"),
    ("redis://ann:@localhost", "user:password"),
    ("redis://:hunter2%@localhost", "%25"),
    ("redis://:hunter2%zz@localhost", "%25"),
    ("redis://:hunter2%ff@localhost", "%25"),
    ("redis://:hunt/er2@localhost", "no host"),
    ("redis://ann:1/hunter2@localhost", "database"),
    ("redis://:hunter2?x@localhost", "%3F"),
    ("redis://:hunter2#x@localhost", "%23"),
    ("redis://:hunter2 x@localhost", "%20"),
    ("redis://:hunter2\n@localhost", "%20"),
    ("redis://localhost:0", "1 to 65535"),
    ("redis://localhost:65536", "1 to 65535"),
    ("redis://localhost:+1", "1 to 65535"),
    ("redis://localhost:hunter2", "1 to 65535"),
    ("redis://localhost:", "1 to 65535"),
    ("redis://::1", "brackets"),
    ("redis://[::1", "closing ']'"),
    ("redis://[::1]x", "after ']'"),
    ("redis://localhost/hunter2", "database"),
    ("redis://localhost/-1", "database"),
    ("redis://localhost/+1", "database"),
    ("redis://localhost/1/2", "database"),
    ("redis://localhost?hunter2", "name=value"),
    ("redis://localhost?name=", "name=value"),
    ("redis://localhost?name=a%20b", "printable"),
    ("redis://localhost?name=a&name=b", "twice"),
    ("redis://localhost?hunter2=1", "known here: name"),
    ("redis://localhost?ca=/x", "rediss://"),
    ("rediss://localhost?cert=/x", "both 'cert' and 'key'"),
    ("rediss://localhost?password=hunter2", "unknown query item"),
    ("unix://run/redis.sock", "three slashes"),
    ("unix:///x?user=ann", "without a password"),
    ("unix:///x%", "hexadecimal"),
    ("unix:///x?password=hunter2&db=x", "database"),
    ("unix:///x?pass=hunter2", "db, user, password, name"),
    ("unix:///" + String(repeating: "x", count: 103), "103 bytes"),
  ])
  func areRefusedWithoutShowingThePassword(_ url: String, _ reason: String) throws {
    let error = try #require(throws: RedisError.self) { try RedisConfiguration(url: url) }
    #expect(error.code == .invalidConfiguration)
    #expect(error.message.contains(reason))
    #expect(!"\(error)".contains("hunt"))
    #expect(error.isFatal && error.outcome == .notSent)
  }

  @Test func aPasswordIsNeitherPrintedNorDumped() throws {
    let configuration = try RedisConfiguration(url: "redis://ann:hunter2@localhost")
    var text = "\(configuration) \(String(reflecting: configuration))"
    dump(configuration, to: &text)
    #expect(!text.contains("hunter2"))
    #expect(text.contains("ann"))
  }
}
