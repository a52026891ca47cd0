/// Calls of the same words, from whatever connections.
final class AlikeGroup {
  let arguments: AcquireArguments
  var calls = AlikeCalls<ReplyTarget>()

  init(_ arguments: AcquireArguments) {
    self.arguments = arguments
  }
}
