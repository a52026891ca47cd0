import Hiredis
import Testing

@testable import RedisClient

@Suite("Who listens to what")
struct SubscriptionSetTests {
  private func confirm(_ name: String, kind: String = "subscribe") -> Reply {
    .array([.bulk(Array(kind.utf8)), .bulk(Array(name.utf8)), .integer(1)])
  }

  private func message(_ name: String, _ text: String) -> Reply {
    .array([.bulk(Array("message".utf8)), .bulk(Array(name.utf8)), .bulk(Array(text.utf8))])
  }

  @Test func redisHearsOfTheFirstSubscriberAndOfTheLast() {
    var set = SubscriptionSet()
    let one = set.add(["a", "b"])
    #expect(one.commands == [.subscribe("a"), .subscribe("b")])
    let two = set.add(["b", "c"])
    #expect(two.commands == [.subscribe("c")])
    #expect(set.remove(one.id) == [.unsubscribe("a")])
    #expect(set.remove(one.id) == [])
    #expect(set.remove(two.id) == [.unsubscribe("b"), .unsubscribe("c")])
    #expect(set.isEmpty)
  }

  @Test func aSubscriberIsEstablishedWhenAllItsChannelsAre() {
    var set = SubscriptionSet()
    let one = set.add(["a", "b"])
    for command in one.commands { set.sent(command) }
    #expect(set.received(confirm("a")) == .established([]))
    #expect(set.received(confirm("b")) == .established([one.id]))
    #expect(set.add(["a"]).isEstablished)
  }

  @Test func aMessageGoesToAllWhoListen() {
    var set = SubscriptionSet()
    let (one, two) = (set.add(["a"]), set.add(["a"]))
    #expect(
      set.received(message("a", "hi"))
        == .message([one.id, two.id], RedisMessage(channel: "a", payload: Array("hi".utf8))))
    _ = set.remove(one.id)
    _ = set.remove(two.id)
    #expect(set.received(message("a", "late")) == .message([], RedisMessage(channel: "a", payload: Array("late".utf8))))
  }

  @Test func aNewConnectionIsToldEverythingAgain() {
    var set = SubscriptionSet()
    let one = set.add(["b", "a"])
    for command in one.commands { set.sent(command) }
    _ = set.received(confirm("a"))
    let again = set.connected()
    #expect(again == [.subscribe("a"), .subscribe("b")])
    for command in again { set.sent(command) }
    #expect(set.received(confirm("a")) == .established([]))
    #expect(set.received(confirm("b")) == .established([one.id]))
  }

  @Test func aRefusalBelongsToTheOldestCommand() {
    var set = SubscriptionSet()
    let one = set.add(["a"])
    let two = set.add(["b", "c"])
    for command in one.commands + two.commands { set.sent(command) }
    #expect(set.received(confirm("a")) == .established([one.id]))
    #expect(
      set.received(.error("NOPERM no")) == .refused([two.id], "NOPERM no", then: [.unsubscribe("c")]))
    set.sent(.unsubscribe("c"))
    #expect(set.received(confirm("c")) == .nothing)
    #expect(set.received(confirm("c", kind: "unsubscribe")) == .nothing)
    #expect(set.received(confirm("c")) == .unexpected)
  }

  @Test func aConfirmationOfAnEarlierSubscriptionIsNotTakenForTheNewOne() {
    var set = SubscriptionSet()
    let old = set.add(["a"])
    set.sent(.subscribe("a"))
    for command in set.remove(old.id) { set.sent(command) }
    let new = set.add(["a"])
    for command in new.commands { set.sent(command) }
    #expect(set.received(confirm("a")) == .nothing)
    #expect(set.received(confirm("a", kind: "unsubscribe")) == .nothing)
    #expect(set.received(confirm("a")) == .established([new.id]))
  }

  @Test(arguments: [
    Reply.integer(1), .null, .status("OK"), .array([]), .array([.integer(1), .integer(2)]), .error("ERR what"),
    .array([.bulk(Array("message".utf8)), .bulk(Array("a".utf8))]),
    .array([.bulk(Array("subscribe".utf8)), .bulk(Array("a".utf8)), .integer(1)]),
  ])
  func nonsenseIsSeen(_ push: Reply) {
    var set = SubscriptionSet()
    #expect(set.received(push) == .unexpected)
  }

  @Test(arguments: [Reply.status("PONG"), .array([.bulk(Array("pong".utf8)), .bulk([])])])
  func aPongIsNoMessage(_ push: Reply) {
    var set = SubscriptionSet()
    #expect(set.received(push) == .nothing)
  }
}
