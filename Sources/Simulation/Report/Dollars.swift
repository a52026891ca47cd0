/// Money as text: whole nanodollars, written with at least two decimals and without other zeros at the end.
package enum Dollars {
  package static func format(nanodollars: Int64) -> String {
    let sign = nanodollars < 0 ? "-" : ""
    let magnitude = nanodollars.magnitude
    var decimals = String(1_000_000_000 + magnitude % 1_000_000_000).dropFirst()
    while decimals.count > 2, decimals.last == "0" { decimals.removeLast() }
    return "\(sign)\(magnitude / 1_000_000_000).\(decimals)"
  }
}
