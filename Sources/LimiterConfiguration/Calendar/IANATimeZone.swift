import Foundation

/// Time zones by their IANA names.
enum IANATimeZone {
  /// The zone of a name; abbreviations (`EST`) and plain offsets (`GMT+3`) are refused, because they mean other things in
  /// other places or know no daylight saving.
  static func named(_ name: String) -> TimeZone? {
    guard name == "UTC" || name.contains("/") else { return nil }
    return TimeZone(identifier: name)
  }

  /// The zone that a name which is none probably meant.
  static func suggestion(for name: String) -> String? {
    let known = TimeZone.knownTimeZoneIdentifiers + ["UTC"]
    if let nearest = Nearest.match(name, among: known) { return nearest }
    let city = "/" + name.replacing(" ", with: "_").lowercased()
    return known.first { $0.lowercased().hasSuffix(city) }
  }
}
