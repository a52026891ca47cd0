import ArgumentParser

/// `limiterctl status`.
struct StatusCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status", abstract: "Whether limiterd works, what it holds and who waits.")

  @OptionGroup var daemon: DaemonOptions

  func run() async throws {
    let answer = try await daemon.ask(["INFO"])
    var sections: [(name: String, fields: [(String, String)])] = []
    for line in (answer.text ?? "").split(whereSeparator: \.isNewline) {
      if line.hasPrefix("# ") {
        sections.append((String(line.dropFirst(2)).lowercased(), []))
      } else if let colon = line.firstIndex(of: ":"), !sections.isEmpty {
        sections[sections.count - 1].fields.append(
          (String(line[..<colon]), String(line[line.index(after: colon)...])))
      }
    }
    if daemon.json {
      let object = sections.reduce(into: [String: Any]()) { all, section in
        all[section.name] = section.fields.reduce(into: [String: Any]()) { $0[$1.0] = Int64($1.1) ?? $1.1 as Any }
      }
      return print(try JSONText.text(of: object))
    }
    for section in sections {
      print(section.name)
      for (name, value) in section.fields { print("  \(name): \(value)") }
    }
  }
}
