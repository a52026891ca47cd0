/// What the listings are asked, as the words of their commands.
enum ViewQuery {
  static func command(_ name: String, _ field: String, _ fields: RequestFields) throws(HTTPProblem) -> WorkerCommand {
    WorkerCommand(name: name, arguments: WorkerWords(try fields.text(field).map { [Array($0.utf8)] } ?? []))
  }

  /// Of a listing that is asked nothing: a query without fields.
  static func command(_ name: String, _: RequestFields) -> WorkerCommand {
    WorkerCommand(name: name, arguments: WorkerWords([]))
  }
}
