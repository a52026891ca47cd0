import LimiterConfiguration

/// Files that are no policy at all.
extension BadPolicy {
  static let files: [BadPolicy] = [
    BadPolicy("empty", "", alone: true, Mistake("1:1", .notYAML, "", "an empty file", "docs/limiterd.example.yaml")),
    BadPolicy("only comments", "# a\n\n# b\n", alone: true, Mistake("1:1", .notYAML, "", "an empty file")),
    BadPolicy("an empty document", "---\n...\n", alone: true, Mistake("1:1", .notYAML, "", "an empty file")),
    BadPolicy("only null", "~\n", alone: true, Mistake("1:1", .notYAML, "", "an empty file")),
    BadPolicy("a tab as indentation", "domain: d\nlimits:\n\ta: 1\n", Mistake("3:1", .notYAML, "", "a tab", "spaces")),
    BadPolicy("a tab after spaces", "domain: d\nlimits:\n  \ta: 1\n", Mistake("3:3", .notYAML, "", "a tab")),
    BadPolicy(
      "an open bracket", "domain: d\nrequire: [run\nlimits: {}\n",
      Mistake("3:7", .notYAML, "", "a YAML file", "line 2")),
    BadPolicy("an open quote", "domain: \"d\nlimits: {}\n", alone: true, Mistake("3:1", .notYAML, "", "line 1")),
    BadPolicy(
      "an open brace in the last line, without an end of line", "domain: d\nlimits: {a: ", alone: true,
      Mistake("2:13", .notYAML, "", "cannot read")),
    BadPolicy("a missing colon", "domain: d\nlimits\n  a: 1\n", Mistake("3:4", .notYAML, "", "indentation")),
    BadPolicy("two colons", "domain: d: e\n", Mistake("1:10", .notYAML, "", "not allowed")),
    BadPolicy("two documents", "domain: d\n---\ndomain: e\n", Mistake("2:1", .notYAML, "", "a second one")),
    BadPolicy("an alias without an anchor", "domain: *d\n", Mistake("1:9", .notYAML, "", "quote a text")),
    BadPolicy(
      "anchors and aliases",
      "domain: d\nlimits:\n  a: &a {requests: 1/1s}\n  b: *a\n  c: {per: &t tenant, requests: 1/1}\n",
      Mistake("3:6", .notYAML, "limits.a", "anchors and aliases are not supported"),
      Mistake("5:12", .notYAML, "limits.c.per", "anchor"), Mistake("5:33", .badValue, "limits.c.requests", "unit")),
    BadPolicy(
      "a merge key", "domain: d\nlimits:\n  a: {<<: {per: run}, requests: 1/1s}\n",
      Mistake("3:7", .unknownKey, "limits.a.`<<`")),
    BadPolicy("NUL", "domain: d\u{0}\n", Mistake("1:10", .notYAML, "", "control character U+0")),
    BadPolicy(
      "an escape character in line 2", "domain: d\r\nx: \u{1B}[31m\n", Mistake("2:4", .notYAML, "", "U+1B")),
    BadPolicy(
      "too many duplicate keys", "domain: d\n" + String(repeating: "x: 1\n", count: 100),
      Mistake("66:1", .duplicateKey, "", "`x` twice")),
    BadPolicy(
      "duplicate keys that are spelled with escapes", "domain: d\n\"\\x61\": 1\n\"\\x61\": 2\n",
      Mistake("2:1", .duplicateKey, "", "`a` twice")),
  ]
}
