/// How bad a world is; chosen by its seed.
struct Weather {
  /// Calls that are lost on the way there, on the way back, and that come twice, in a thousand.
  var lostRequests = 0
  var lostReplies = 0
  var doubled = 0
  /// Those that take much longer than others, in a thousand, and how much, in microseconds.
  var delayed = 0
  var longestDelay: Int64 = 0
  /// How often something happens to a process, on average once in so many seconds; 0: never.
  var secondsBetweenCuts: Int64 = 0
  var secondsBetweenPauses: Int64 = 0
  var secondsBetweenDeaths: Int64 = 0
  var secondsBetweenClockSteps: Int64 = 0
  var secondsBetweenFailovers: Int64 = 0
  var secondsBetweenLosses: Int64 = 0

  static let calm = Weather()

  init() {}

  init(_ chance: Chance, failovers: Chance, losses: Chance) {
    if losses.happens(250) { secondsBetweenLosses = losses.number(120...1_200) }
    if failovers.happens(250) { secondsBetweenFailovers = failovers.number(60...600) }
    if chance.happens(700) { lostRequests = Int(chance.number(1...60)) }
    if chance.happens(700) { lostReplies = Int(chance.number(1...60)) }
    if chance.happens(700) { doubled = Int(chance.number(1...100)) }
    if chance.happens(700) { (delayed, longestDelay) = (Int(chance.number(1...60)), chance.number(1...12) * 1_000_000) }
    if chance.happens(600) { secondsBetweenCuts = chance.number(60...900) }
    if chance.happens(600) { secondsBetweenPauses = chance.number(60...900) }
    if chance.happens(600) { secondsBetweenDeaths = chance.number(120...1_200) }
    if chance.happens(300) { secondsBetweenClockSteps = chance.number(300...1_200) }
  }
}
