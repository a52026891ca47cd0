/// One call of a trace: when it came and how many tokens it had.
package struct TraceCall: Sendable, Hashable {
  /// Since the trace's own beginning of time, in microseconds.
  package var atMicroseconds: Int64
  package var inputTokens: Int64
  package var outputTokens: Int64

  package init(atMicroseconds: Int64, inputTokens: Int64, outputTokens: Int64) {
    self.atMicroseconds = atMicroseconds
    self.inputTokens = inputTokens
    self.outputTokens = outputTokens
  }
}
