import LimiterCore
import LimiterRedis
import Testing

/// A worker brings a permit to another process, and the answer to that is lost: the permit is there, and its holder does not know.
@Suite struct LostAdoptionTests {
  private static let second = Rules.second
  private let world = World(seed: 1)
  private let old: Host
  private let new: Host
  private let need = LimitNeed(
    limit: EffectiveLimit(id: LimitID(rawValue: "slots"), allowance: .concurrency(permits: 1), onFailure: .closed),
    amount: 1)

  init() {
    old = Host("old", world, clock: 0, Chance(1, 1))
    new = Host("new", world, clock: 7, Chance(1, 2))
    for host in [old, new] {
      host.link.weather = .calm
      host.start()
    }
  }

  private func go(_ seconds: Int64) { world.timeline.run(until: world.timeline.now + seconds * Self.second) }

  private func grant() throws -> PermitPlace {
    var place: PermitPlace?
    world.timeline.schedule(in: 0, for: old.process) {
      _ = old.engine.acquire(
        lane: "a", priority: 5, hold: 3_600 * Self.second, waitsUntil: nil, failsAt: old.engine.now + Self.second,
        isRecorded: true, resolve: { [need] _ in [need] },
        completed: { if case .success(.granted(let grant)) = $0 { place = grant.place } })
    }
    go(1)
    return try #require(place)
  }

  private func adopt(_ place: PermitPlace) -> Adoption? {
    var adoption: Adoption?
    world.timeline.schedule(in: 0, for: new.process) {
      new.engine.adopt([place]) { adoption = (try? $0.get())?.first?.adoption }
    }
    go(3)
    return adoption
  }

  /// The permit is with the new process, which has not heard so, and has reason to look for permits that nobody holds.
  private func loseAdoption() throws -> PermitPlace {
    go(1)
    let place = try grant()
    old.die()
    new.link.weather.lostReplies = 1_000
    #expect(adopt(place) == nil)
    new.link.weather = .calm
    new.link.cut(for: 1_000)
    #expect(world.redis.permits(of: "new-1") == [place.id])
    return place
  }

  @Test func itsHolderFindsItThere() throws {
    let place = try loseAdoption()
    go(50)
    #expect(world.redis.used(need.limit).all == 1)
    #expect(adopt(place) == .held)
    #expect(world.problems.isEmpty, "\(world.problems)")
  }

  @Test func itEndsWhenNobodyAsksForItAgain() throws {
    _ = try loseAdoption()
    go(600)
    #expect(world.redis.used(need.limit).all == 0)
    #expect(world.problems.isEmpty, "\(world.problems)")
  }
}
