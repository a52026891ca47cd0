/// The texts of a list that could be read.
struct TextItems {
  struct Item {
    var text: String
    var place: YAMLPlace
    var path: YAMLPath
  }

  var items: [Item] = []
  /// Whether all of them could be read.
  var isComplete = true
}
