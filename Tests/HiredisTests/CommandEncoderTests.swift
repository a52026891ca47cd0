import CHiredis
import Hiredis
import SeededRandom
import TestSupport
import Testing

@Suite struct CommandEncoderTests {
  @Test func aCommandOfTextsNumbersAndBytes() throws {
    let encoded = try CommandEncoder.encode(["SET", CommandArgument("clé"), CommandArgument([0, 255, 13, 10]), -7])
    #expect(
      encoded == Array("*4\r\n$3\r\nSET\r\n$4\r\nclé\r\n$4\r\n".utf8) + [0, 255, 13, 10]
        + Array("\r\n$2\r\n-7\r\n".utf8))
  }

  @Test(arguments: [0, 1, 9, 10, -1, -10, 99, 100, Int64.max, Int64.min])
  func numbersAreDecimalDigits(_ number: Int64) throws {
    #expect(try CommandEncoder.encode([CommandArgument(number)]) == independent([Array("\(number)".utf8)]))
    #expect(CommandArgument(number).bytes == Array("\(number)".utf8))
  }

  @Test func randomCommandsAreTheSameByteForByteInThreeImplementations() throws {
    var generator = SeededGenerator(for: "random commands")
    for _ in 0..<500 {
      let arguments = (0..<Int.random(in: 1...12, using: &generator)).map { _ in randomArgument(using: &generator) }
      let expected = independent(arguments.map(\.bytes))
      #expect(try CommandEncoder.encode(arguments) == expected)
      #expect(try CommandEncoder.withEncoded(arguments) { Array($0) } == expected)
      #expect(formattedByHiredis(arguments.map(\.bytes)) == expected)
    }
  }

  @Test func aMegabyteAndAThousandArguments() throws {
    let large = [[UInt8](repeating: 65, count: 1 << 20)] + (0..<1_000).map { Array("argument \($0)".utf8) }
    #expect(try CommandEncoder.encode(large.map { CommandArgument($0) }) == independent(large))
  }

  @Test func emptyArgumentsAreSentAndNoArgumentsAreRefused() throws {
    #expect(try CommandEncoder.encode(["", CommandArgument([])]) == Array("*2\r\n$0\r\n\r\n$0\r\n\r\n".utf8))
    #expect(code { () throws(HiredisError) in _ = try CommandEncoder.encode([]) } == .invalidCommand)
  }

  @Test func commandsOverTheBoundsAreRefusedBeforeTheyAreCopied() {
    let many = [CommandArgument](repeating: "", count: CommandEncoder.maximumArguments + 1)
    #expect(code { () throws(HiredisError) in _ = try CommandEncoder.encode(many) } == .tooLarge)
    let shared = CommandArgument([UInt8](repeating: 0, count: 1 << 20))
    let large = [CommandArgument](repeating: shared, count: (CommandEncoder.maximumBytes >> 20) + 1)
    #expect(code { () throws(HiredisError) in _ = try CommandEncoder.encode(large) } == .tooLarge)
  }

  @Test func argumentsAreEqualIfTheSameBytesAreSent() {
    #expect(CommandArgument("12") == CommandArgument(12))
    #expect(CommandArgument("a").hashValue == CommandArgument([97]).hashValue)
    #expect(CommandArgument("a") != "b")
  }

  private func code(_ body: () throws(HiredisError) -> Void) -> HiredisError.Code? {
    do throws(HiredisError) {
      try body()
      return nil
    } catch {
      return error.code
    }
  }

  private func randomArgument(using generator: inout SeededGenerator) -> CommandArgument {
    switch Int.random(in: 0..<5, using: &generator) {
    case 0: CommandArgument(Int64.random(in: .min ... .max, using: &generator))
    case 1:
      CommandArgument(["", "EVALSHA", "lim:{d}:window:requests", "ünïcödé"].randomElement(using: &generator) ?? "")
    case 2: CommandArgument(randomBytes(upTo: 5_000, using: &generator))
    default: CommandArgument(randomBytes(upTo: 20, using: &generator))
    }
  }

  private func independent(_ arguments: [[UInt8]]) -> [UInt8] {
    arguments.reduce(Array("*\(arguments.count)\r\n".utf8)) { $0 + Array("$\($1.count)\r\n".utf8) + $1 + [13, 10] }
  }

  /// The C function on memory that this test lays out itself.
  private func formattedByHiredis(_ arguments: [[UInt8]]) -> [UInt8] {
    let copies = arguments.map { bytes in
      let copy = UnsafeMutablePointer<CChar>.allocate(capacity: max(1, bytes.count))
      for (index, byte) in bytes.enumerated() { copy[index] = CChar(bitPattern: byte) }
      return copy
    }
    defer { for copy in copies { copy.deallocate() } }
    var pointers = copies.map { UnsafePointer<CChar>?($0) }
    let lengths = arguments.map(\.count)
    var command: UnsafeMutablePointer<CChar>?
    let length = redisFormatCommandArgv(&command, CInt(arguments.count), &pointers, lengths)
    defer { redisFreeCommand(command) }
    return Array(UnsafeRawBufferPointer(start: command, count: Int(length)))
  }
}
