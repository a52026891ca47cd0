import Foundation
import PrivateRedis

/// Runs a program to its end and returns what it wrote to standard output; throws what it wrote to standard error if it failed.
@discardableResult
package func runCommand(_ program: String, _ arguments: [String], in directory: String = "/") async throws -> String {
  // Files instead of pipes: nobody has to read while the program writes.
  let files = try GuardedDirectory(named: "command")
  let (output, errors) = (files.path + "/output", files.path + "/errors")
  let process = try ChildProcess(
    executable: "/usr/bin/env", arguments: [program] + arguments, directory: directory, output: output, errors: errors)
  let end = await process.end()
  guard end == .exit(0) else {
    let reason = try String(contentsOfFile: errors, encoding: .utf8)
    throw CommandFailed(description: "\(program) \(arguments.first ?? "") ended with \(end): \(reason)")
  }
  return try String(contentsOfFile: output, encoding: .utf8)
}

/// A program ended with another status than 0.
package struct CommandFailed: Error, CustomStringConvertible {
  package let description: String

  package init(description: String) { self.description = description }
}
