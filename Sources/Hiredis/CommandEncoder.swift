internal import CHiredis

/// Formats commands as the Redis protocol wants them, by `redisFormatCommandArgv`: binary safe, and no format string anywhere.
public struct CommandEncoder: Sendable {
  /// Arguments of one command, at most: what Redis accepts.
  public static let maximumArguments = 1 << 20
  /// Bytes of all arguments of one command, at most: what Redis accepts in one bulk string. hiredis counts in `int` and aborts when an
  /// allocation fails.
  public static let maximumBytes = 512 << 20

  /// The bytes to send for a command.
  ///
  /// - Throws: `invalidCommand` without any argument (Redis would answer nothing at all, and every later reply would belong to another
  ///   command), `tooLarge` over ``maximumArguments`` or ``maximumBytes``, `outOfMemory`.
  public static func encode(_ arguments: [CommandArgument]) throws(HiredisError) -> [UInt8] {
    try unsafe withEncoded(arguments) { unsafe [UInt8]($0) }
  }

  /// Hands the bytes to send to `body`, which copies them where they belong; they are freed after it.
  ///
  /// - Throws: as ``encode(_:)``.
  public static func withEncoded<Result>(
    _ arguments: [CommandArgument], _ body: (UnsafeRawBufferPointer) -> Result
  ) throws(HiredisError) -> Result {
    let texts = try check(arguments)
    var command: UnsafeMutablePointer<CChar>?
    let length = unsafe format(arguments, total: texts, into: &command)
    guard let command = unsafe command, length >= 0 else {
      throw HiredisError(.outOfMemory, "redisFormatCommandArgv could not allocate")
    }
    defer { unsafe redisFreeCommand(command) }
    return unsafe body(UnsafeRawBufferPointer(start: command, count: Int(length)))
  }

  /// The number of bytes of all arguments.
  private static func check(_ arguments: [CommandArgument]) throws(HiredisError) -> Int {
    guard !arguments.isEmpty else {
      throw HiredisError(.invalidCommand, "expected a command's name and its arguments, nothing came")
    }
    guard arguments.count <= maximumArguments else {
      throw HiredisError(.tooLarge, "expected at most \(maximumArguments) arguments, \(arguments.count) came")
    }
    var total = 0
    for argument in arguments {
      total += argument.encodedCount
      guard total <= maximumBytes else {
        throw HiredisError(.tooLarge, "expected at most \(maximumBytes) bytes of arguments, more came")
      }
    }
    return total
  }

  /// All arguments are written one after the other into one scratch, so that hiredis gets pointers that stay valid for the call
  /// without one nested closure per argument.
  private static func format(
    _ arguments: [CommandArgument], total: Int, into command: inout UnsafeMutablePointer<CChar>?
  ) -> CInt {
    unsafe withUnsafeTemporaryAllocation(byteCount: max(total, 1), alignment: 1) { scratch in
      unsafe withUnsafeTemporaryAllocation(of: UnsafePointer<CChar>?.self, capacity: arguments.count) { pointers in
        unsafe withUnsafeTemporaryAllocation(of: Int.self, capacity: arguments.count) { lengths in
          var offset = 0
          for (index, argument) in arguments.enumerated() {
            let written = unsafe argument.write(to: UnsafeMutableRawBufferPointer(rebasing: scratch[offset...]))
            unsafe pointers.initializeElement(
              at: index,
              to: UnsafePointer(scratch.baseAddress?.advanced(by: offset).assumingMemoryBound(to: CChar.self)))
            unsafe lengths.initializeElement(at: index, to: written)
            offset += written
          }
          return unsafe redisFormatCommandArgv(
            &command, CInt(arguments.count), pointers.baseAddress, lengths.baseAddress)
        }
      }
    }
  }
}
