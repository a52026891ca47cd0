/// `providers:`, which is for programs that call providers.
extension PolicyReader {
  private static let providerKeys = ["base_url", "key_env", "wire"]

  mutating func readProviders(_ fields: PolicyFields) -> [String: ProviderOptions] {
    var providers: [String: ProviderOptions] = [:]
    guard let entry = fields["providers"],
      let entries = entries(
        entry.value, at: entry.place, path: fields.path(of: "providers"), expected: "providers by name")
    else { return [:] }
    for entry in entries.entries {
      let path = fields.path(of: "providers").key(entry.key)
      guard
        let keys = mapping(
          entry.value, at: entry.place, path: path, expected: "where the provider is", keys: Self.providerKeys)
      else { continue }
      providers[entry.key] = ProviderOptions(
        baseURL: option("base_url", of: keys, expected: "a URL such as https://api.openai.com/v1") {
          ($0.hasPrefix("https://") || $0.hasPrefix("http://")) && !$0.contains("@")
        },
        keyVariable: option("key_env", of: keys, expected: "the name of an environment variable") { text in
          text.utf8.allSatisfy { $0 == 0x5f || (0x30...0x39).contains($0) || (0x41...0x5a).contains($0 & 0xdf) }
        },
        wire: option("wire", of: keys, expected: "one of \(list(ProviderOptions.wires))") {
          ProviderOptions.wires.contains($0)
        })
    }
    return providers
  }

  mutating func option(
    _ key: String, of fields: PolicyFields, expected: String, _ isValid: (String) -> Bool
  ) -> String? {
    guard let entry = fields[key] else { return nil }
    let path = fields.path(of: key)
    guard let text = text(entry.value, path: path, expected: expected) else { return nil }
    guard isValid(text) else {
      problems.add(
        .badValue, at: entry.value.place, path: path, expected: expected, found: entry.value.kind,
        advice: key == "key_env" ? "the key itself does not belong into a file that many can read" : nil)
      return nil
    }
    return text
  }
}
