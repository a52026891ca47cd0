import LimiterCore

/// A model that has been read, and where.
struct ReadModel {
  var model: Model
  var place: YAMLPlace
  var path: YAMLPath
  /// Whether a price was given, even one that could not be read.
  var saysPrice: Bool
}
