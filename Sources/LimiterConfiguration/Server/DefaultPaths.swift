import Foundation

/// Where limiterd keeps its files and listens when nobody says it; who asks it looks at the same place.
package struct DefaultPaths: Sendable {
  /// Where the unit file of `packaging/` makes limiterd listen.
  package static let systemSocket = "/run/limiterd/limiterd.sock"

  private let environment: [String: String]
  private let chosenState: String?

  /// - Parameter state: the folder that `--state` names.
  package init(_ environment: [String: String] = ProcessInfo.processInfo.environment, state: String? = nil) {
    self.environment = environment
    chosenState = state.map(Self.absolute)
  }

  /// The folder of a limiterd's data: the one that was chosen, or what systemd made for it, else the user's own.
  package var state: String {
    if let chosenState { return chosenState }
    if let path = folder("STATE_DIRECTORY") { return path }
    if let path = folder("XDG_STATE_HOME") { return path + "/limiterd" }
    let home = folder("HOME") ?? FileManager.default.homeDirectoryForCurrentUser.path(percentEncoded: false)
    return URL(filePath: home).appending(path: ".local/state/limiterd").path(percentEncoded: false)
  }

  /// The socket of `limiterd serve`, absolute.
  package var socket: String {
    if let path = environment["LIMITERD_SOCKET"], !path.isEmpty { return Self.absolute(path) }
    let folder = folder("RUNTIME_DIRECTORY") ?? folder("XDG_RUNTIME_DIR") ?? state
    return URL(filePath: folder).appending(path: "limiterd.sock").path(percentEncoded: false)
  }

  /// The socket to ask: that of `limiterd serve`, or the system's limiterd where this user has none.
  package var socketToAsk: String {
    let own = socket
    guard environment["LIMITERD_SOCKET"]?.isEmpty ?? true, !FileManager.default.fileExists(atPath: own),
      FileManager.default.fileExists(atPath: Self.systemSocket)
    else { return own }
    return Self.systemSocket
  }

  /// For `--help`.
  package static let socketText =
    "$LIMITERD_SOCKET, or limiterd.sock in $RUNTIME_DIRECTORY, $XDG_RUNTIME_DIR or the state folder"
  package static let stateText = "$STATE_DIRECTORY, $XDG_STATE_HOME/limiterd or ~/.local/state/limiterd"

  /// A path of the command line, from `/` on.
  package static func absolute(_ path: String) -> String {
    URL(filePath: path).standardizedFileURL.path(percentEncoded: false)
  }

  private func folder(_ name: String) -> String? {
    environment[name].flatMap { $0.hasPrefix("/") ? $0 : nil }
  }
}
