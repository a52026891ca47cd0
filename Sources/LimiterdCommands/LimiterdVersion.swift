/// What `limiterd --version` says.
package enum LimiterdVersion {
  package static let text = "0.1.0"
}
