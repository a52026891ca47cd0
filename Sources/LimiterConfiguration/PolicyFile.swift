public import LimiterCore

/// A policy as a YAML file; `docs/configuration.md` describes every key.
public enum PolicyFile {
  /// The text of the policy that is used without any: the limits of a new account, 1 USD per run, 50 USD per day.
  public static let standardText = String(decoding: PackageResources.standard_yaml, as: UTF8.self)

  /// The policy that is used without any.
  ///
  /// - Throws: never, as long as its test passes.
  public static func standard() throws(PolicyError) -> LimiterdConfiguration {
    try parseAll(standardText, name: "the standard policy")
  }

  /// Reads a policy from a file.
  ///
  /// - Parameter path: the file, at most ``ConfigurationBounds/fileBytes``.
  /// - Returns: the policy.
  /// - Throws: a ``PolicyError`` with every mistake of the file, or why it cannot be read.
  ///
  /// Reads synchronously: meant for the start of a process.
  public static func read(path: String) throws(PolicyError) -> Policy {
    try readAll(path: path).policy
  }

  /// Reads a policy and what else stands in its file: `server` and `redis`.
  ///
  /// - Parameter path: as ``read(path:)``.
  /// - Returns: the whole file.
  /// - Throws: as ``read(path:)``.
  public static func readAll(path: String) throws(PolicyError) -> LimiterdConfiguration {
    try readAll(path: path) { _ in nil }
  }

  /// As ``readAll(path:)``, for a process that serves others meanwhile: from a regular file only, not from a pipe, which might never be
  /// written to.
  package static func readAgain(path: String) throws(PolicyError) -> LimiterdConfiguration {
    try readAll(path: path, waits: false) { _ in nil }
  }

  /// As ``readAll(path:)``.
  ///
  /// - Parameters:
  ///   - waits: whether it may be a pipe.
  ///   - redisURLMistake: what is wrong with a URL of Redis, as who connects reads it.
  package static func readAll(
    path: String, waits: Bool = true, redisURLMistake: @escaping (String) -> String?
  ) throws(PolicyError) -> LimiterdConfiguration {
    var problems = ProblemList()
    guard let bytes = BoundedFile.read(path: path, waits: waits, problems: &problems),
      let text = YAMLText.decode(bytes, problems: &problems)
    else { throw PolicyError(name: path, problems: problems.problems) }
    return try parseAll(text, name: path, redisURLMistake: redisURLMistake)
  }

  /// Reads a policy from text.
  ///
  /// - Parameters:
  ///   - text: YAML.
  ///   - name: the name of the text in messages, such as a file's.
  /// - Returns: the policy.
  /// - Throws: a ``PolicyError`` with every mistake.
  public static func parse(_ text: String, name: String) throws(PolicyError) -> Policy {
    try parseAll(text, name: name).policy
  }

  /// Reads a policy and what else stands in its file from text, as ``parse(_:name:)``.
  public static func parseAll(_ text: String, name: String) throws(PolicyError) -> LimiterdConfiguration {
    try parseAll(text, name: name) { _ in nil }
  }

  private static func parseAll(
    _ text: String, name: String, redisURLMistake: @escaping (String) -> String?
  ) throws(PolicyError) -> LimiterdConfiguration {
    var problems = ProblemList()
    let root = YAMLReader.read(text, problems: &problems)
    guard let root, !root.isNothing else {
      if problems.problems.isEmpty {
        problems.add(
          .notYAML, at: .start, expected: "a policy", found: "an empty file",
          advice: "docs/limiterd.example.yaml is one to start from")
      }
      throw PolicyError(name: name, problems: problems.problems)
    }
    var reader = PolicyReader(problems: problems, prices: .builtIn, redisURLMistake: redisURLMistake)
    let policy = reader.policy(from: root)
    guard reader.problems.problems.isEmpty else {
      throw PolicyError(name: name, problems: reader.problems.problems)
    }
    return LimiterdConfiguration(
      policy: policy, server: reader.server, redis: reader.redis, providers: reader.providers,
      alerts: reader.alerts)
  }
}
