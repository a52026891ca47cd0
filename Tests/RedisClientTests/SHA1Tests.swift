import Hiredis
import TestSupport
import Testing

@testable import RedisClient

@Suite("SHA-1")
struct SHA1Tests {
  /// RFC 3174, section 7.3.
  @Test(arguments: [
    ("", "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
    ("abc", "a9993e364706816aba3e25717850c26c9cd0d89d"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "84983e441c3bd26ebaae4aa1f95129e5e54670f1"
    ),
    (String(repeating: "01234567", count: 80), "dea356a2cddd90c7a7ecedc5ebb563934f460452"),
  ])
  func hasTheDigestsOfTheRFC(_ text: String, _ digest: String) {
    #expect(SHA1.hexadecimal(text.utf8) == digest)
  }

  @Test("Redis gives a script the same name, at every length around a block")
  func agreesWithRedis() async throws {
    try await withClient(SharedRedis.url) { client in
      for length in Array(0...130) + [1_000, 100_000] {
        let script = RedisScript(name: "x", source: "--" + String(repeating: "x", count: length))
        try await client.expect(
          ["SCRIPT", "LOAD", .init(script.source)], .bulk(Array(script.sha1.utf8)))
      }
    }
  }
}
