import Testing

/// All tests of the library on a real Redis, one after the other: many of them look at what happens in time, and a dozen
/// of limiters and servers at once on two cores would make each other late.
@Suite(.serialized) struct ClientTests {}
