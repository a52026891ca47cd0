import Providers
import Testing

@Suite struct ChatRequestTests {
  private func asked(_ request: ChatRequest) -> ChatRequest { request }

  @Test func `a text is a question, also with values in it`() {
    let (text, count) = ("a \"text\"", 3)
    #expect(asked("Summarise") == ChatRequest([.init(.user, "Summarise")]))
    let whole = ChatRequest([.init(.user, "Summarise a \"text\" in 3 words")])
    #expect(asked("Summarise \(text) in \(count) words") == whole)
    #expect(ChatRequest("\(count)", maximumOutputTokens: 5) == ChatRequest([.init(.user, "3")], maximumOutputTokens: 5))
  }
}
