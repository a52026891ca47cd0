import LimiterClient
import LimiterCore
import LimiterRedis
import NIOCore

/// OBSERVE: what a provider's answer to a call says of its own windows.
extension DaemonCore {
  private static let units: [String: Unit] = [
    "REQUESTS": .requests, "TOKENS": .tokens, "INPUT_TOKENS": .inputTokens, "OUTPUT_TOKENS": .outputTokens,
  ]

  func observe(_ command: WorkerCommand, _ target: ReplyTarget) throws(CommandError) {
    var reader = ArgumentReader(command)
    let id = try reader.text("a permit's id", bytes: SettleArguments.permitBytes)
    _ = try place(of: id)
    var view = ProviderView([])
    while let keyword = try reader.keyword(repeatable: ["LIMIT", "RESET"] + Self.units.keys) {
      switch keyword {
      case "REFUSED": view.isRefusal = true
      case "LIMIT" where !view.windows.isEmpty:
        view.windows[view.windows.count - 1].limit = try reader.number(keyword, 0...LimiterBounds.amount)
      case "RESET" where !view.windows.isEmpty:
        let milliseconds = try reader.number(keyword, 0...AcquireArguments.longestMilliseconds)
        view.windows[view.windows.count - 1].reset = .milliseconds(milliseconds)
      default:
        guard let unit = Self.units[keyword] else { throw reader.unexpected(keyword) }
        view.windows.append(.init(unit, remaining: try reader.number(keyword, 0...LimiterBounds.amount)))
      }
    }
    // Of a permit that is not held here nobody knows what was used at its grant.
    let observations = permits[id].map { view.observations(of: $0.permit, active.value.resolver) } ?? []
    guard let call = ObserveCodec.call(observations, keys: DomainKeys(domain: active.value.policy.domain)) else {
      return target.answer { $0.writeRESP(array: 0) }
    }
    evaluate(store.scripts.observe, call) { result in
      do {
        let taken = zip(observations, try ObserveCodec.answer(try result.get(), to: observations)).filter { $0.1 > 0 }
        target.answer { reply in
          reply.writeRESP(array: taken.count)
          for (observation, amount) in taken {
            reply.writeRESP(array: 2)
            reply.writeRESP(bulk: observation.limit.id.rawValue)
            reply.writeRESP(amount)
          }
        }
      } catch { target.answer(CommandError.translate(error, asked: .change)) }
    }
  }
}
