/// Where the reply to one command goes.
struct ReplyTarget {
  enum Place {
    /// In its turn among the replies of its connection.
    case ordered(UInt64)
    /// As soon as it is ready, with its tag.
    case tagged(Int64)
    /// Not sent, but handed to who asked.
    case collected(CollectedReply)
  }

  let connection: WorkerConnection
  let place: Place

  /// Writes the reply; `write` writes exactly one RESP value.
  func answer(_ write: (inout ReplyBuffer) -> Void) {
    connection.answer(place, write)
  }

  func answer(_ error: CommandError) {
    if case .collected(let reply) = place { return reply.fail(error) }
    answer { $0.writeRESP(error: error.description) }
  }

  func isCollected(by reply: CollectedReply) -> Bool {
    if case .collected(let own) = place { own === reply } else { false }
  }

  func answer(encoded reply: ReplyBuffer) {
    answer { $0.write(reply) }
  }
}
