/// `providers:`, which is for programs that call providers.
extension PolicyReader {
  private static let providerKeys = ["base_url", "key_env", "wire"]

  mutating func readProviders(_ fields: PolicyFields) -> [String: ProviderOptions] {
    var providers: [String: ProviderOptions] = [:]
    guard let entry = fields["providers"],
      let entries = entries(
        entry.value, at: entry.place, path: fields.path(of: "providers"), expected: "providers by name",
        isSecret: true)
    else { return [:] }
    for entry in entries.entries {
      let path = fields.path(of: "providers").key(entry.key)
      guard
        let keys = mapping(
          entry.value, at: entry.place, path: path, expected: "where the provider is", keys: Self.providerKeys,
          isSecret: true)
      else { continue }
      providers[entry.key] = ProviderOptions(
        baseURL: baseURL(keys),
        keyVariable: option(
          "key_env", of: keys, expected: "the name of an environment variable", isSecret: true,
          advice: "the key itself does not belong into a file that many can read"
        ) { text in
          text.utf8.allSatisfy { $0 == 0x5f || (0x30...0x39).contains($0) || (0x41...0x5a).contains($0 & 0xdf) }
        },
        wire: option("wire", of: keys, expected: "one of \(list(ProviderOptions.wires))") {
          ProviderOptions.wires.contains($0)
        })
    }
    return providers
  }

  private mutating func baseURL(_ fields: PolicyFields) -> String? {
    let expected = "a URL such as https://api.openai.com/v1"
    guard let url = option("base_url", of: fields, expected: expected, isSecret: true, Self.isWebURL) else {
      return nil
    }
    guard !url.contains("@") else {
      problems.add(
        .badValue, at: fields["base_url"]?.value.place, path: fields.path(of: "base_url"),
        expected: "a URL without user and password", found: "one with them",
        advice: "a key comes from the environment variable that `key_env` names")
      return nil
    }
    return url
  }

  static func isWebURL(_ text: String) -> Bool { text.hasPrefix("https://") || text.hasPrefix("http://") }

  /// - Parameter isSecret: another text may be a secret, and is not told.
  mutating func option(
    _ key: String, of fields: PolicyFields, expected: String, isSecret: Bool = false, advice: String? = nil,
    _ isValid: (String) -> Bool
  ) -> String? {
    guard let entry = fields[key] else { return nil }
    let path = fields.path(of: key)
    guard let text = text(entry.value, path: path, expected: expected) else { return nil }
    guard isValid(text) else {
      problems.add(
        .badValue, at: entry.value.place, path: path, expected: expected,
        found: isSecret ? entry.value.kindOfSecret : entry.value.kind, advice: advice)
      return nil
    }
    return text
  }
}
