import LimiterDaemon

/// What `limiterd --version` says.
package enum LimiterdVersion {
  package static let text = DaemonVersion.text
}
