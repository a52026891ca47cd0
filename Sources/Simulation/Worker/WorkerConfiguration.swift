/// The first line that a worker process reads: all that it has to know.
package struct WorkerConfiguration: Codable, Sendable {
  package var number: Int
  package var redisURL: String
  /// Of the limiterd that it asks; `nil`: it asks Redis itself.
  package var socket: String?
  package var providerURL: String
  package var policy: SimulationPolicy
  package var durationMicroseconds: Int64
  /// The models that are asked, with `cache` at the end; `nil`: the first one, without retries.
  package var chain: [String]?
  /// Connections to the provider that are opened before the start.
  package var connections = 1
  /// `[microseconds after the start, input tokens, output tokens]` of each call.
  package var calls: [[Int64]]

  /// The calls; a row of another length is left out.
  var schedule: [TraceCall] {
    calls.compactMap { row in
      row.count == 3 ? TraceCall(atMicroseconds: row[0], inputTokens: row[1], outputTokens: row[2]) : nil
    }
  }
}
