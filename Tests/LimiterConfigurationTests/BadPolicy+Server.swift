import LimiterConfiguration

/// What is wrong with `server` and `redis`.
extension BadPolicy {
  static let server: [BadPolicy] = [
    BadPolicy(
      "providers that cannot be found",
      "domain: d\nproviders:\n  openai: {base_url: nowhere, key_env: sk-123, wire: soap}\n",
      Mistake("3:22", .badValue, "providers.openai.base_url", "https://"),
      Mistake("3:40", .badValue, "providers.openai.key_env", "environment variable", "many can read"),
      Mistake("3:54", .badValue, "providers.openai.wire", "openai-chat")),
    BadPolicy(
      "providers with a password in the URL, or an unknown key",
      "domain: d\nproviders:\n  a: {base_url: \"https://u:p@h/v1\"}\n  b: {key: x}\n",
      Mistake("3:17", .badValue, "providers.a.base_url", "without user and password"),
      Mistake("4:7", .unknownKey, "providers.b.key", "key_env")),
    BadPolicy("providers that are a text", "domain: d\nproviders: x\n", Mistake("2:12", .wrongType, "providers")),
    BadPolicy(
      "a server that is a text", "domain: d\nserver: x\n", Mistake("2:9", .wrongType, "server", "how the server")),
    BadPolicy(
      "an unknown key", "domain: d\nserver: {sockt: /a}\n",
      Mistake("2:10", .unknownKey, "server.sockt", "did you mean `socket`?")),
    BadPolicy(
      "paths that are not absolute", "domain: d\nserver: {socket: a.sock, password_file: b}\n",
      Mistake("2:18", .badValue, "server.socket", "an absolute path", "write it from `/` on"),
      Mistake("2:41", .badValue, "server.password_file", "an absolute path")),
    BadPolicy(
      "values out of form and range",
      "domain: d\nserver:\n  socket_mode: \"9\"\n  listen: nowhere\n  drain: 2h\n  max_connections: 0\n  redis_slow_after: 1ms\n",
      Mistake("3:16", .badValue, "server.socket_mode", "octal", "`9`"),
      Mistake("4:11", .badValue, "server.listen", "127.0.0.1:7379", "`nowhere`"),
      Mistake("5:10", .outOfRange, "server.drain"),
      Mistake("6:20", .badValue, "server.max_connections", "1 to 1000000"),
      Mistake("7:21", .outOfRange, "server.redis_slow_after", "10ms")),
    BadPolicy(
      "a port for everybody without a password", "domain: d\nserver: {listen: \"0.0.0.0:7379\"}\n",
      Mistake("2:18", .conflict, "server.listen", "a password", "listen on 127.0.0.1")),
    BadPolicy(
      "HTTP for everybody without a password",
      "domain: d\nserver: {http: \"0.0.0.0:9178\"}\n",
      Mistake("2:16", .conflict, "server.http", "a password", "listen on 127.0.0.1")),
    BadPolicy(
      "an HTTP address out of form", "domain: d\nserver: {http: nowhere}\n",
      Mistake("2:16", .badValue, "server.http", "127.0.0.1:9178", "`nowhere`")),
    BadPolicy(
      "TLS without an address, and without its key", "domain: d\nserver:\n  tls: {certificate: /c.pem}\n",
      Mistake("3:3", .missingKey, "server.tls.key", "PEM"),
      Mistake("3:3", .conflict, "server.tls", "`listen` beside `tls`")),
    BadPolicy(
      "two places of a password", "domain: d\nserver: {password_env: A, password_file: /b}\n",
      Mistake("2:27", .conflict, "server.password_file", "one place")),
    BadPolicy(
      "no url", "domain: d\nredis: {user: a, password_env: A}\n",
      Mistake("2:1", .missingKey, "redis.url", "starts a redis-server of its own")),
    BadPolicy(
      "a user without a password", "domain: d\nredis: {url: \"redis://localhost\", user: a}\n",
      Mistake("2:35", .conflict, "redis.user", "`password_env` or `password_file`")),
    BadPolicy(
      "numbers with signs", "domain: d\nserver: {socket_mode: \"+660\", max_connections: +5}\n",
      Mistake("2:23", .badValue, "server.socket_mode", "octal"),
      Mistake("2:48", .badValue, "server.max_connections", "1 to 1000000")),
    BadPolicy(
      "a url of something else", "domain: d\nredis: {url: \"http://localhost\"}\n",
      Mistake("2:14", .badValue, "redis.url", "redis://localhost:6379", "another scheme")),
    BadPolicy(
      "a password in the url", "domain: d\nredis: {url: \"redis://:secret@localhost\"}\n",
      Mistake("2:14", .badValue, "redis.url", "without user and password", "password_env")),
  ]
}
