import LimiterdCommands

@main
struct Main {
  static func main() async {
    await LimiterdCommand.run()
  }
}
