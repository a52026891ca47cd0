package import LimiterLLM

/// Where a worker stands.
package struct WorkerProgress: Codable, Sendable {
  package var counters: WorkerCounters
  /// The calls that have ended since the last one.
  package var calls: [CallRecord]
  /// What went wrong so far, and how often.
  package var errors: [String: Int]
  /// What the library has counted, with a chain.
  package var llm: LLMStatistics?
}
