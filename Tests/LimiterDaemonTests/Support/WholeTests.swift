import Testing

/// Suites that keep the machine busy, one after the other.
@Suite(.serialized) struct WholeTests {}
