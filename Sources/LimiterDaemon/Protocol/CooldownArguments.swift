import LimiterCore
import Resilience

/// What COOLDOWN is asked.
struct CooldownArguments {
  /// How long a model may be left alone, in milliseconds: longer than any provider says.
  private static let longest: Int64 = 31 * 86_400_000
  private static let probes: ClosedRange<Int64> = 1...1_000
  /// What counts where nothing is said.
  private static let standard = CooldownPolicy()

  let model: String
  private(set) var asked = CooldownCall.look

  init(_ command: WorkerCommand) throws(CommandError) {
    var reader = ArgumentReader(command)
    model = try reader.text("a model's name")
    guard let verb = try reader.keyword() else { return }
    switch verb {
    case "ADMIT": asked = try Self.admit(&reader)
    case "OPEN": asked = try Self.open(&reader)
    case "SUCCEEDED": asked = .succeeded(generation: try reader.number(verb, 0...Int64.max))
    case "ABANDONED": asked = .abandoned(generation: try reader.number(verb, 0...Int64.max))
    case "CLEAR": asked = .clear
    default: throw reader.unexpected(verb)
    }
    try reader.end()
  }

  private static func admit(_ reader: inout ArgumentReader) throws(CommandError) -> CooldownCall {
    var (probes, lease) = (Int64(standard.probes), standard.probeTime.microseconds)
    while let keyword = try reader.keyword() {
      switch keyword {
      case "PROBES": probes = try reader.number(keyword, Self.probes)
      case "LEASE": lease = try reader.number(keyword, 1...longest) * 1_000
      default: throw reader.unexpected(keyword)
      }
    }
    return .admit(probes: probes, lease: lease)
  }

  private static func open(_ reader: inout ArgumentReader) throws(CommandError) -> CooldownCall {
    let reason = try reader.text("why, a word")
    guard reason.utf8.allSatisfy({ (0x41...0x5a).contains($0 & 0xdf) || $0 == 0x5f }) else {
      throw reader.malformed("expected a reason of letters and `_`, such as rateLimited")
    }
    var opening = CooldownCall.Opening(
      reason: reason, time: nil, base: standard.base.microseconds, longest: standard.longest.microseconds,
      generation: nil)
    while let keyword = try reader.keyword() {
      switch keyword {
      case "FOR": opening.time = try reader.number(keyword, 1...longest) * 1_000
      case "BASE": opening.base = try reader.number(keyword, 1...longest) * 1_000
      case "LONGEST": opening.longest = try reader.number(keyword, 1...longest) * 1_000
      case "GENERATION": opening.generation = try reader.number(keyword, 0...Int64.max)
      default: throw reader.unexpected(keyword)
      }
    }
    return .open(opening)
  }
}
