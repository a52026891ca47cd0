import ArgumentParser
import FaultTrials
import Foundation

/// `limiterd-prove`.
struct RunCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Runs trials, and prints a table.",
    discussion: """
      Progress goes to standard error, a table to standard output. EXIT STATUS: 0 if nothing was violated, 1 if something was (the seed, the \
      command that repeats it and the folder with the evidence are told), 130 after Ctrl-C.
      """)

  @Flag(help: "Nine schedules in a few minutes (the default).") var quick = false
  @Flag(help: "At least 50 schedules and 1,000,000 admissions, in about half an hour.") var full = false
  @Option(help: "Repeats a run; random by default.") var seed: UInt64?
  @Option(help: ArgumentHelp("One schedule alone, with just this seed; neither --quick nor --full.", valueName: "name"))
  var schedule: String?
  @Option(
    help: ArgumentHelp(
      "No faults, twice as many calls as the limits admit: nothing may grow or drift. Alone, but for --seed, --json and --limiterd.",
      valueName: "minutes"))
  var soak: Double?
  @Flag(help: "Tells the schedules, and what they are about.") var list = false
  @Option(help: ArgumentHelp("Writes everything that was seen.", valueName: "file")) var json: String?
  @Option(help: ArgumentHelp("With --full: writes the table as a page of the documentation.", valueName: "file"))
  var page: String?
  @Option(help: ArgumentHelp("Where the evidence of failed trials is put.", valueName: "folder")) var evidence: String?
  @Option(help: ArgumentHelp("The limiterd to try; the one beside this program by default.", valueName: "path"))
  var limiterd: String?

  func validate() throws {
    if let soak, !(0.1...10_080).contains(soak) {
      throw ValidationError("--soak: expected 0.1 to 10080 minutes (a week), got \(soak)")
    }
    if let limiterd, !FileManager.default.isExecutableFile(atPath: limiterd) {
      throw ValidationError("--limiterd: \(limiterd) is no program")
    }
    for (option, path) in [("--json", json), ("--page", page)] {
      guard let path else { continue }
      let folder = URL(filePath: path).deletingLastPathComponent().path
      if !FileManager.default.isWritableFile(atPath: folder) {
        throw ValidationError("\(option): nothing can be written in \(folder)")
      }
    }
    if let evidence, !Self.canBeMade(evidence) {
      throw ValidationError("--evidence: no folder can be made at \(evidence)")
    }
    try checkTogether()
  }

  /// Nothing that is asked for is left out.
  private func checkTogether() throws {
    if quick, full { throw ValidationError("expected --quick or --full, both came") }
    if soak != nil {
      let others = [
        ("--quick", quick), ("--full", full), ("--schedule", schedule != nil), ("--page", page != nil),
        ("--evidence", evidence != nil),
      ]
      if let other = others.first(where: \.1) { throw ValidationError("--soak: expected no \(other.0) with it") }
    }
    if schedule != nil, quick || full {
      throw ValidationError("--schedule: expected no --\(quick ? "quick" : "full") with it: it is one trial alone")
    }
    if page != nil, !full { throw ValidationError("--page: expected --full with it: a page tells of all schedules") }
  }

  /// Whether a folder is there, or can be made with those above it.
  private static func canBeMade(_ path: String) -> Bool {
    var place = URL(filePath: path).standardizedFileURL
    var isFolder: ObjCBool = false
    while !FileManager.default.fileExists(atPath: place.path, isDirectory: &isFolder), place.path != "/" {
      place = place.deletingLastPathComponent()
    }
    return isFolder.boolValue && FileManager.default.isWritableFile(atPath: place.path)
  }

  func run() async throws {
    if list {
      for family in TrialFamily.all {
        print("\(family.name)\t\(family.purpose)\(family.obstacle.map { " (not here: \($0))" } ?? "")")
      }
      return
    }
    throw ExitCode(await Interruption.ending { try await prove() })
  }

  private func prove() async throws -> Int32 {
    let own = URL(
      filePath: (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
        ?? CommandLine.arguments[0])
    let programs = TrialPrograms(
      limiterd: limiterd ?? own.deletingLastPathComponent().appending(path: "limiterd").path,
      worker: [own.path, WorkerCommand.configuration.commandName ?? ""])
    let seed = seed ?? .random(in: 1...(1 << 30))
    if let soak { return try await self.soak(.seconds(soak * 60), seed, programs) }
    let proof = try Proof(
      full ? .full : .quick, seed: seed, only: schedule, programs: programs,
      evidence: evidence ?? FileManager.default.temporaryDirectory.appending(path: "limiterd-evidence").path)
    let line = ProgressLine()
    line.tell("seed \(seed), \(proof.schedules.count) schedules")
    for skipped in proof.skipped { line.tell("not tried: \(skipped)") }
    let count = proof.schedules.count
    let report = try await proof.run { number, schedule, what in
      line.show("[\(number)/\(count)] \(schedule.name) --seed \(schedule.seed): \(what)")
    } each: { result in
      line.tell(Self.summary(of: result))
    }
    line.clear()
    print(ProofTable(report).text)
    try write(report)
    if let page { try EvidencePage(report, seed: seed).text.write(toFile: page, atomically: true, encoding: .utf8) }
    return report.totals.violations == 0 ? 0 : 1
  }

  private func soak(_ time: Duration, _ seed: UInt64, _ programs: TrialPrograms) async throws -> Int32 {
    let line = ProgressLine()
    line.tell("soak, seed \(seed), \(Int(time / .seconds(1))) s")
    let report = try await Soak(time, seed: seed, programs: programs).run { line.show($0.row) }
    line.clear()
    print(report.text)
    try write(report)
    for violation in report.violations { print("FAIL \(violation)") }
    return report.violations.isEmpty ? 0 : 1
  }

  private func write(_ report: some Encodable) throws {
    guard let json else { return }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    try encoder.encode(report).write(to: URL(filePath: json))
  }

  private static func summary(of result: TrialResult) -> String {
    let recovery = result.recovery.map { "back after \(($0 * 100).rounded() / 100) s" } ?? "not back"
    var lines = [
      "\(result.violationCount == 0 ? "ok  " : "FAIL") \(result.schedule) --seed \(result.seed): \(result.admissions) admissions, "
        + "\(result.kills) kills (\(result.heldAtDeath) permits), \(result.lostReplies) lost replies, worst \((result.worst * 1_000).rounded() / 1_000), "
        + "\(Int(result.perSecond))/s, \(recovery), \(Int(result.seconds)) s"
    ]
    guard result.violationCount > 0 else { return lines[0] }
    lines += result.violations.prefix(8).map { "     \($0)" } + result.notes.map { "     (\($0))" }
    lines.append("     again: scripts/prove --schedule \(result.schedule) --seed \(result.seed)")
    if let evidence = result.evidence { lines.append("     evidence: \(evidence)") }
    return lines.joined(separator: "\n")
  }
}
