import Foundation

extension LLMSettings {
  /// The environment of this process.
  public static var processEnvironment: [String: String] { ProcessInfo.processInfo.environment }
}
