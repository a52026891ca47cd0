/// What HELLO and INFO say.
package enum DaemonVersion {
  package static let text = "0.1.0"
}
