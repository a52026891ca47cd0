import LimiterctlCommands

@main
struct Main {
  static func main() async {
    await LimiterctlCommand.run()
  }
}
