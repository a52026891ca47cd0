import AsyncHTTPClient
import Foundation
public import Logging
import NIOCore
import NIOHTTP1

/// Tells a URL that something has happened, as JSON by POST. Never in anybody's way: what cannot be delivered after three attempts is logged.
public struct Webhook: Sendable {
  private static let attempts = 3
  private static let time = TimeAmount.seconds(10)
  /// Does not follow redirects: a POST would arrive as a GET that says nothing.
  private static let http: HTTPClient = {
    var configuration = HTTPClient.Configuration.singletonConfiguration
    configuration.redirectConfiguration = .disallow
    return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
  }()

  private let url: String
  private let logger: Logger

  /// - Parameter url: `https://` or `http://`; it may carry a secret, and is not logged.
  public init(url: String, logger: Logger) {
    self.url = url
    self.logger = logger
  }

  /// Sends it in the background.
  public func post(_ message: some Encodable & Sendable) {
    Task { await send(message) }
  }

  /// Sends it, and returns when it was taken or given up.
  public func send(_ message: some Encodable & Sendable) async {
    var request = HTTPClientRequest(url: url)
    request.method = .POST
    request.headers = ["content-type": "application/json", "user-agent": "limiterd"]
    var reason = ""
    do { request.body = .bytes(try JSONEncoder().encode(message)) } catch { return }
    for attempt in 1...Self.attempts {
      do {
        let response = try await Self.http.execute(request, timeout: Self.time)
        if (200..<300).contains(response.status.code) { return }
        let isRedirect = (300..<400).contains(response.status.code)
        reason = "status \(response.status.code)\(isRedirect ? ", redirected: write the new URL" : "")"
      } catch { reason = "\(error)" }
      guard attempt < Self.attempts, (try? await Task.sleep(for: .seconds(1 << attempt))) != nil else { break }
    }
    logger.warning("a webhook could not be delivered", metadata: ["reason": "\(reason)"])
  }
}
