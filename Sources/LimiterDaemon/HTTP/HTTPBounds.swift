package import NIOCore

/// Every bound of the HTTP front end, by name.
package enum HTTPBounds {
  /// Connections at once; more wait in the kernel. A call that waits holds one.
  package static let connections = 4_096
  /// Bytes of a request's body.
  package static let bodyBytes = 64 << 10
  /// Bytes of a request's head, of one field of it, and how many fields it may have.
  package static let headBytes = 32 << 10
  package static let headFieldBytes = 16 << 10
  package static let headFields = 100
  /// Levels of JSON.
  package static let jsonDepth = 16
  /// Parts of a query.
  package static let queryItems = 64
  /// From the head of a request to the end of its body.
  package static let bodyTime: TimeAmount = .seconds(10)
  /// How long a connection may be without a request, or take to send a head.
  package static let idleTime: TimeAmount = .seconds(60)
  /// The largest integer of a structured field, RFC 9651.
  static let structuredInteger: Int64 = 999_999_999_999_999
}
