@testable import LimiterCore
import LimiterRedis

extension QueueStory {
  typealias Told = (
    what: String, answers: [[String]], expected: [[String]], hints: [String], expectedHints: [String]?,
    steps: [ModelStep]
  )

  /// All stories, with what each question was answered by the reference store, and which processes it told of what.
  static let all: [Told] = [
    tell("who will not wait holds up nobody", expecting: [["granted"], ["room", "granted"]]) { story in
      [
        story.ask("a", at: 0, Call(0, (tokens, 50))),
        story.ask("a", at: 10, Call(1, (tokens, 80)), Call(2, (tokens, 30))),
      ]
    },
    tell("who cannot start in time holds up nobody", expecting: [["granted"], ["room", "granted"]]) { story in
      [
        story.ask("a", at: 0, Call(0, (tokens, 50))),
        story.ask("a", at: 10, Call(1, waits: 100, (tokens, 80)), Call(2, waits: 50_000, (tokens, 30))),
      ]
    },
    tell(
      "who was behind one that gives up in the same batch has room, and is told so",
      expecting: [["granted"], ["room"], ["room", "room"], ["granted"]]
    ) { story in
      [
        story.ask("c", at: 0, Call(0, (tokens, 50))),
        story.ask("a", at: 10, Call(1, waits: 50_000, (tokens, 80))),
        story.ask("a", at: 20, Call(1, waits: 5, (tokens, 80)), Call(2, waits: 50_000, (tokens, 30))),
        story.ask("a", at: 30, Call(2, waits: 50_000, (tokens, 30))),
      ]
    },
    // 50 are used, 80 are waited for: of the other 50, 20 can be taken without making that later.
    tell(
      "small calls use up the slack, and no more",
      expecting: [["granted"], ["room"], ["behind"], ["granted"], ["behind"], ["granted"], ["granted"]]
    ) { story in
      [
        story.ask("a", at: 0, Call(0, (tokens, 50))),
        story.ask("a", at: 10, Call(1, waits: 50_000, (tokens, 80))),
        story.ask("b", at: 20, Call(2, (tokens, 21))),
        story.ask("b", at: 30, Call(3, (tokens, 15))),
        story.ask("c", at: 40, Call(4, (tokens, 15))),
        story.ask("c", at: 50, Call(5, (tokens, 5))),
        story.ask("a", at: length + 10, Call(1, waits: 50_000, (tokens, 80))),
      ]
    },
    // After the first urgent call, whatever is left beside the large one is for the next of them.
    tell(
      "whom an urgent call has passed nobody else passes, also when it has asked again",
      expecting: [["granted"], ["room"], ["granted"], ["behind"], ["room"], ["behind"], ["granted"], ["granted"]]
    ) { story in
      let (large, urgent) = (Call(1, waits: 50_000, (tokens, 80)), Call(-2_000_000, (tokens, 30)))
      return [
        story.ask("c", at: 0, Call(0, (tokens, 50))),
        story.ask("a", at: 10, large),
        story.ask("b", at: 20, urgent),
        story.ask("b", at: 30, Call(2, (tokens, 5))),
        story.ask("a", at: length + 10, large),
        story.ask("b", at: length + 15, Call(3, (tokens, 5))),
        story.ask("a", at: length + 25, large),
        story.ask("b", at: length + 30, Call(4, (tokens, 5))),
      ]
    },
    // The large one waits for tokens. Of the other window there is enough for all.
    tell(
      "where there is room for whom an urgent call has passed, others pass, too",
      expecting: [["granted"], ["room"], ["granted"], ["granted"]]
    ) { story in
      [
        story.ask("c", at: 0, Call(0, (tokens, 80))),
        story.ask("a", at: 10, Call(1, waits: 50_000, (tokens, 50), (hourly, 40))),
        story.ask("b", at: 20, Call(-2_000_000, (hourly, 5))),
        story.ask("b", at: 30, Call(2, (hourly, 10))),
      ]
    },
    tell(
      "a call of the same time is no urgent one",
      expecting: [["granted"], ["room"], ["granted"], ["granted"], ["behind"]]
    ) { story in
      [
        story.ask("c", at: 0, Call(0, (tokens, 50))),
        story.ask("a", at: 10, Call(1_000, waits: 50_000, (tokens, 80))),
        story.ask("b", at: 20, Call(5, (tokens, 10))),
        story.ask("b", at: 30, Call(2_000, (tokens, 5))),
        story.ask("c", at: 40, Call(3_000, (tokens, 6))),
      ]
    },
    tell(
      "a call of another process with the same rank takes of what is left",
      expecting: [["granted"], ["room"], ["granted"], ["behind"]]
    ) { story in
      [
        story.ask("c", at: 0, Call(0, (tokens, 50))),
        story.ask("a", at: 10, Call(1, waits: 50_000, (tokens, 80))),
        story.ask("b", at: 20, Call(1, (tokens, 15))),
        story.ask("z", at: 30, Call(2, (tokens, 10))),
      ]
    },
    // Whoever can start when the first 30 leave can as well start when the other 40 leave, 100 us later.
    tell(
      "what leaves hardly later is left to small calls",
      expecting: [["granted"], ["granted"], ["room"], ["granted"]]
    ) { story in
      [
        story.ask("c", at: 0, Call(0, (hourly, 30))),
        story.ask("c", at: 100, Call(1, (hourly, 40))),
        story.ask("a", at: 200, Call(2, waits: 900_000, (hourly, 60))),
        story.ask("b", at: 300, Call(3, (hourly, 25))),
      ]
    },
    // Its window has room after ten seconds, its slots at a time that nobody knows: it asks again after ten.
    tell(
      "who waits for slots and for a window is not forgotten before it asks again",
      expecting: [["granted", "granted", "granted"], ["room"], ["behind"]]
    ) { story in
      [
        story.ask("c", at: 0, Call(0, (slots, 1)), Call(1, (slots, 1)), Call(2, (slow, 50))),
        story.ask("a", at: 10, Call(3, waits: 20_000_000, (slow, 80), (slots, 1))),
        story.ask("b", at: 5_000_000, Call(4, (slow, 30))),
      ]
    },
    // The second process stayed behind the first: nothing that it knows says when there will be room again.
    tell(
      "who was behind the one that fills the window is told",
      expecting: [["granted"], ["room"], ["room"], ["granted"], ["room"]], telling: ["b of tokens"]
    ) { story in
      let second = Call(2, waits: 50_000, (tokens, 60))
      return [
        story.ask("c", at: 0, Call(0, (tokens, 50))),
        story.ask("a", at: 10, Call(1, waits: 50_000, (tokens, 100))),
        story.ask("b", at: 20, second),
        story.ask("a", at: length + 10, Call(1, waits: 50_000, (tokens, 100))),
        story.ask("b", at: length + 20, second),
      ]
    },
    tell(
      "who knows when there will be room is not told that the window is full",
      expecting: [["granted", "granted"], ["room"], ["room"], ["granted"]], telling: []
    ) { story in
      [
        story.ask("c", at: 0, Call(0, (tokens, 50)), Call(0, (hourly, 50))),
        story.ask("a", at: 10, Call(1, waits: 50_000, (tokens, 100))),
        story.ask("b", at: 20, Call(2, waits: 900_000, (tokens, 60), (hourly, 60))),
        story.ask("a", at: length + 10, Call(1, waits: 50_000, (tokens, 100))),
      ]
    },
    tell(
      "a process is not told what its answer says",
      expecting: [["granted", "granted", "granted"], ["room", "behind"], ["granted", "room"]], telling: []
    ) { story in
      let (first, second) = (
        Call(1, waits: 50_000, (tokens, 100)), Call(2, waits: 50_000, (tokens, 10), (slots, 1))
      )
      return [
        story.ask("c", at: 0, Call(0, (tokens, 50)), Call(0, (slots, 1)), Call(0, (slots, 1))),
        story.ask("a", at: 10, first, second),
        story.ask("a", at: length + 10, first, second),
      ]
    },
    tell("a better-ranked call passes", expecting: [["granted"], ["room"], ["granted"]]) { story in
      [
        story.ask("a", at: 0, Call(0, (tokens, 50))),
        story.ask("a", at: 10, Call(9, waits: 50_000, (tokens, 80))),
        story.ask("b", at: 20, Call(8, (tokens, 50))),
      ]
    },
    // The first process has the first and the third call, the second one the second.
    tell(
      "the calls of one process do not come first because one of them was first",
      expecting: [["granted", "granted"], ["room", "room"], ["room"], ["granted", "behind"], ["granted"]]
    ) { story in
      let first = story.ask("c", at: 0, Call(0, (slots, 1)), Call(1, (slots, 1)))
      let two = [Call(2, waits: 90_000, (slots, 1)), Call(4, waits: 90_000, (slots, 1))]
      let asked = story.ask("a", at: 10, two[0], two[1])
      let other = story.ask("b", at: 20, Call(3, waits: 90_000, (slots, 1)))
      story.settle("c", "m.1.1", at: 30)
      story.settle("c", "m.1.2", at: 35)
      let again = story.ask("a", at: 40, two[0], two[1])
      return [first, asked, other, again, story.ask("b", at: 60, Call(3, waits: 90_000, (slots, 1)))]
    },
    tell(
      "one slot is free, and the better one of another process is next",
      expecting: [["granted", "granted"], ["room"], ["behind"], ["granted"]]
    ) { story in
      let first = story.ask("c", at: 0, Call(0, (slots, 1)), Call(1, (slots, 1)))
      let asked = story.ask("a", at: 10, Call(2, waits: 90_000, (slots, 1)))
      story.settle("c", "m.1.1", at: 20)
      let worse = story.ask("b", at: 30, Call(3, waits: 90_000, (slots, 1)))
      return [first, asked, worse, story.ask("a", at: 40, Call(2, waits: 90_000, (slots, 1)))]
    },
    // It waits for tokens until these have left; one slot is kept for it, and the other one can be taken as often as it is free.
    tell(
      "slots that were given back can be taken again while a better one waits for a window",
      expecting: [["granted"], ["room"], ["granted"], ["granted"], ["behind"], ["granted"]]
    ) { story in
      let full = story.ask("c", at: 0, Call(0, (tokens, 100)))
      let asked = story.ask("a", at: 10, Call(1, waits: 50_000, (tokens, 50), (slots, 1)))
      let first = story.ask("b", at: 20, Call(2, (slots, 1)))
      story.settle("b", "m.1.1", at: 30)
      let again = story.ask("b", at: 40, Call(3, (slots, 1)))
      let last = story.ask("z", at: 50, Call(4, (slots, 1)))
      return [
        full, asked, first, again, last,
        story.ask("a", at: length + 20, Call(1, waits: 50_000, (tokens, 50), (slots, 1))),
      ]
    },
    tell("who does not ask again in time holds up nobody", expecting: [["granted"], ["room"], ["behind"], ["granted"]])
    {
      story in
      [
        story.ask("a", at: 0, Call(0, (tokens, 50), (hourly, 50))),
        story.ask("a", at: 10, Call(1, waits: 900_000, (tokens, 80), (hourly, 40))),
        story.ask("b", at: 20, Call(2, (tokens, 50))),
        story.ask("b", at: 10 + length + ReferenceStore.startGrace, Call(3, (tokens, 50))),
      ]
    },
    tell(
      "who did not ask again in time hides nobody behind it",
      expecting: [["granted"], ["room"], ["granted"], ["room"], ["granted"]]
    ) { story in
      let later = length + ReferenceStore.startGrace + 100
      return [
        story.ask("z", at: 0, Call(0, (tokens, 50))),
        story.ask("a", at: 10, Call(1, waits: 900_000, (tokens, 80))),
        story.ask("z", at: later, Call(0, (tokens, 50))),
        story.ask("b", at: later + 10, Call(2, waits: 900_000, (tokens, 80))),
        story.ask("c", at: later + 20, Call(3, (tokens, 15))),
      ]
    },
    tell(
      "who did not ask again in time is not counted behind a better one",
      expecting: [["granted", "granted"], ["room"], ["room"], ["room"], ["granted"]]
    ) { story in
      let later = ReferenceStore.askAgain + 100
      let first = story.ask("c", at: 0, Call(0, (slots, 1)), Call(1, (slots, 1)))
      let silent = story.ask("b", at: 10, Call(3, waits: 90_000_000, (slots, 1)))
      let better = [20, later / 2].map { story.ask("a", at: $0, Call(2, waits: 90_000_000, (slots, 1))) }
      story.settle("c", "m.1.1", at: later + 10)
      story.settle("c", "m.1.2", at: later + 20)
      return [first, silent] + better + [story.ask("z", at: later + 30, Call(4, (slots, 1)))]
    },
    // It waits for the long window; what the short one admits now has left by then.
    tell("what leaves in time is in nobody's way", expecting: [["granted"], ["room"], ["granted"], ["behind"]]) {
      story in
      [
        story.ask("a", at: 0, Call(0, (hourly, 50))),
        story.ask("a", at: 10, Call(1, waits: 900_000, (tokens, 80), (hourly, 60))),
        story.ask("b", at: 20, Call(2, (tokens, 90))),
        story.ask("b", at: 50 * length - 100, Call(3, (tokens, 90))),
      ]
    },
    tell("who goes away holds up nobody", expecting: [["granted"], ["room"], ["behind"], [], ["granted"]]) { story in
      [
        story.ask("a", at: 0, Call(0, (tokens, 50))),
        story.ask("a", at: 10, Call(1, waits: 50_000, (tokens, 80))),
        story.ask("b", at: 20, Call(2, (tokens, 50))),
        story.ask("a", at: 30, leaving: [(tokens, 1)]),
        story.ask("b", at: 40, Call(3, (tokens, 50))),
      ]
    },
    // Its process has given up what it asked for, and has said so; whoever comes after that finds nobody in the queue.
    tell(
      "who has gone away does not come back with a late copy of its question",
      expecting: [["granted"], ["room"], [], ["superseded"], ["granted"]]
    ) { story in
      [
        story.ask("a", at: 0, Call(0, (tokens, 50))),
        story.ask("a", at: 10, Call(1, waits: 50_000, (tokens, 80))),
        story.ask("a", at: 20, leaving: [(tokens, 1)]),
        story.copy(of: 2, "a", at: 30),
        story.ask("b", at: 40, Call(2, (tokens, 50))),
      ]
    },
    tell(
      "a worse call of a process leaves its better one in the queue",
      expecting: [["granted"], ["room"], ["room"], ["behind"]]
    ) { story in
      [
        story.ask("a", at: 0, Call(0, (tokens, 50))),
        story.ask("a", at: 10, Call(1, waits: 50_000, (tokens, 80))),
        story.ask("a", at: 20, Call(7, waits: 50_000, (tokens, 60))),
        story.ask("b", at: 30, Call(4, (tokens, 30))),
      ]
    },
    // 1 to 6 wait on three hosts, and there is room for five: whoever asks first, it is 6 that has to wait.
    tell(
      "hosts share what is free in the order of the ranks",
      expecting: [
        ["granted"], ["room", "room"], ["room", "room"], ["room", "room"], ["granted", "behind"],
        ["granted", "granted"], ["granted", "granted"],
      ]
    ) { story in
      func calls(_ first: Int64) -> [Call] {
        [first, first + 3].map { Call($0, waits: 90_000, (tokens, 20)) }
      }
      var answers = [story.ask("z", at: 0, Call(0, (tokens, 100)))]
      for (number, host) in ["a", "b", "c"].enumerated() {
        answers.append(story.ask(host, at: 10, calls(Int64(number) + 1)[0], calls(Int64(number) + 1)[1]))
      }
      for (number, host) in [(3, "c"), (2, "b"), (1, "a")] {
        answers.append(story.ask(host, at: length + 10, calls(Int64(number))[0], calls(Int64(number))[1]))
      }
      return answers
    },
    tell("who waits is told of a correction", expecting: [["granted"], ["room"], ["granted"]]) { story in
      let before = [
        story.ask("a", at: 0, Call(0, (tokens, 90))),
        story.ask("b", at: 10, Call(1, waits: 50_000, (tokens, 60))),
      ]
      story.correct(tokens, by: 5, at: 15)
      story.correct(tokens, by: -60, at: 20)
      return before + [story.ask("b", at: 30, Call(1, waits: 50_000, (tokens, 60)))]
    },
    tell("who is granted has left the queue", expecting: [["granted"], ["room"], ["granted"], ["granted"]]) { story in
      [
        story.ask("a", at: 0, Call(0, (tokens, 50))),
        story.ask("a", at: 10, Call(1, waits: 50_000, (tokens, 60))),
        story.ask("a", at: length + 10, Call(1, waits: 50_000, (tokens, 60))),
        story.ask("b", at: length + 20, Call(2, (tokens, 40))),
      ]
    },
  ]

  private static func tell(
    _ what: String, expecting expected: [[String]], telling expectedHints: [String]? = nil,
    _ body: (inout QueueStory) -> [[String]]
  ) -> Told {
    var story = QueueStory()
    let answers = body(&story)
    let hints = story.steps.flatMap(\.hints).map { "\($0.session) of \($0.limit)" }
    return (what, answers, expected, hints, expectedHints, story.steps)
  }
}
