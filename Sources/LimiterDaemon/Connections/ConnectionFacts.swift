/// What a client says of itself, and what it did last; for CLIENT LIST.
struct ConnectionFacts {
  var name = ""
  var libraryName = ""
  var libraryVersion = ""
  var lastCommand = ""
  var wrongPasswords = 0
  /// Behind a MULTI: nothing is carried out.
  var isInTransaction = false
}
