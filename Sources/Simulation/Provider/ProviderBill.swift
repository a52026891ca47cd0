/// What a model's calls would be billed for.
package struct ProviderBill: Sendable, Hashable {
  package var calls = 0
  package var input: Int64 = 0
  package var output: Int64 = 0
}

/// A request as it came.
package struct ProviderArrival: Sendable, Hashable {
  package var atMicroseconds: Int64
  package var model: String
  package var fault: ProviderFault.Kind?
}

/// A call that was billed.
package struct ProviderBilledCall: Sendable, Hashable {
  package var model: String
  package var input: Int64
  package var output: Int64
}
