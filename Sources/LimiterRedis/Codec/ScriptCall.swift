package import Hiredis

/// One call of a script: its keys and arguments.
package struct ScriptCall: Sendable {
  package var keys: [CommandArgument]
  package var arguments: [CommandArgument]
}
