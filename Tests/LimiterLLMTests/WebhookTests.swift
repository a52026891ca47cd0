import Logging
import TestSupport
import Testing
import Webhooks

@Suite struct WebhookTests {
  /// A redirect that is followed turns the alert into a GET without it.
  @Test func `a webhook that has moved is tried again and logged, not taken as delivered`() async throws {
    let moved = try await TextServer(
      "HTTP/1.1 301 Moved Permanently\r\nlocation: /elsewhere\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
    let lines = Recorder<String>()
    let logger = Logger(label: "hook") { _ in LineHandler(lines: lines) }
    await Webhook(url: moved.address + "/hook", logger: logger).send(["alert": "fallbacks"])
    #expect(
      lines.elements == ["a webhook could not be delivered: status 301, redirected: write the new URL"])
  }
}

private struct LineHandler: LogHandler {
  let lines: Recorder<String>
  var metadata: Logger.Metadata = [:]
  var logLevel = Logger.Level.warning

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    lines.record("\(event.message): \(event.metadata?["reason"].map { "\($0)" } ?? "")")
  }
}
