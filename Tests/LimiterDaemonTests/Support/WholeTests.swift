import Testing

/// Suites with daemons, one after the other: together they would keep the machine too busy for everybody's deadlines.
@Suite(.serialized) struct WholeTests {}
