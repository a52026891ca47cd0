import Foundation

/// Where a daemon keeps its files when nobody says it.
enum StateFolder {
  private static var environment: [String: String] { ProcessInfo.processInfo.environment }

  /// What systemd made for us, else the user's own.
  static var path: String {
    if let path = environment["STATE_DIRECTORY"], path.hasPrefix("/") { return path }
    if let path = environment["XDG_STATE_HOME"], path.hasPrefix("/") { return path + "/limiterd" }
    if let path = environment["HOME"], path.hasPrefix("/") { return path + "/.local/state/limiterd" }
    return FileManager.default.homeDirectoryForCurrentUser.appending(path: ".local/state/limiterd").path
  }

  static var socket: String {
    for name in ["RUNTIME_DIRECTORY", "XDG_RUNTIME_DIR"] {
      if let path = environment[name], path.hasPrefix("/") { return path + "/limiterd.sock" }
    }
    return path + "/limiterd.sock"
  }

  /// A path of the command line, from `/` on.
  static func absolute(_ path: String) -> String {
    URL(filePath: path).standardizedFileURL.path(percentEncoded: false)
  }
}
