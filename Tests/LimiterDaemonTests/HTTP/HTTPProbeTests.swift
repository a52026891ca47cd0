import Foundation
import LimiterConfiguration
import LimiterDaemon
import NIOPosix
import PrivateRedis
import TestSupport
import Testing

extension WholeTests {
  @Suite struct HTTPProbeTests {
    @Test func `alive and ready`() async throws {
      try await withHTTPDaemon("slots: {concurrency: 1}") { daemon in
        #expect(try await daemon.get("/healthz").status == 200)
        try await eventually("it is ready") { try await daemon.get("/readyz").status == 200 }
        #expect(try await daemon.metric("limiterd_ready") == 1)
        // HEAD is GET without the body.
        let head = try await daemon.head("/healthz")
        #expect(head.status == 200)
        #expect(head.text.isEmpty)
      }
    }

    @Test func `not ready while Redis is away, but alive, and the metrics are told`() async throws {
      let redis = try await PrivateRedisServer.start()
      try await withHTTPDaemon(
        "slots: {concurrency: 4}\nmoney: {budget: 1 USD, per: run}", redis: redis.url,
        change: {
          $0.patience = .milliseconds(300)
          $0.server.redisSlowAfter = .milliseconds(250)
        }
      ) { daemon in
        try await eventually("it is ready") { try await daemon.get("/readyz").status == 200 }
        let permit = try #require(try await daemon.post("/v1/acquire", #"{"model": "m"}"#).string("permit"))
        await redis.stop()
        try await eventually("it is not ready") { try await daemon.get("/readyz").status == 503 }
        let answer = try await daemon.get("/readyz")
        #expect(answer.header("content-type") == "application/problem+json")
        #expect(answer.header("retry-after") == "1")
        #expect(try answer.string("detail")?.contains("Redis") == true)
        #expect(try await daemon.get("/healthz").status == 200)
        // What this limiterd may decide alone, it does; money it may not.
        let alone = try await daemon.post("/v1/acquire", #"{"model": "m"}"#)
        #expect(alone.status == 200)
        #expect(try alone.flag("degraded") == true)
        #expect(try await daemon.metric("limiterd_degraded") == 1)
        #expect(try await daemon.metric(#"limiterd_degraded_decisions_total{outcome="granted"}"#) == 1)
        let undecided = try await daemon.post("/v1/acquire", #"{"model": "m", "run": "r"}"#)
        #expect(undecided.status == 503)
        #expect(undecided.header("retry-after") == "1")
        #expect(try undecided.string("type") == "urn:limiterd:unavailable")
        #expect(try await daemon.get("/v1/limits").status == 503)
        let pending = try await daemon.post("/v1/settle", #"{"permit": "\#(permit)"}"#)
        #expect(pending.status == 202)
        #expect(try pending.string("type") == "urn:limiterd:pending")
        #expect(try await daemon.metric(#"limiterd_decisions_total{model="m",outcome="failed"}"#) == 1)
        #expect(try #require(try await daemon.metric("limiterd_settlements_pending")) >= 1)
        #expect(try await daemon.metric("limiterd_redis_connected") == 0)
        #expect(try await daemon.metric("limiterd_ready") == 0)
      }
    }

    @Test func `not ready while Redis hangs`() async throws {
      let redis = try await PrivateRedisServer.start()
      try await withHTTPDaemon(
        "slots: {concurrency: 4}", redis: redis.url,
        change: {
          $0.patience = .milliseconds(300)
          $0.server.redisSlowAfter = .milliseconds(250)
        }
      ) { daemon in
        try await eventually("it is ready") { try await daemon.get("/readyz").status == 200 }
        // Its connections stay open, and nothing is answered.
        try redis.pause()
        #expect(try await daemon.post("/v1/acquire", #"{"model": "m"}"#).flag("degraded") == true)
        let answer = try await daemon.get("/readyz")
        #expect(answer.status == 503)
        #expect(try answer.string("detail")?.contains("Redis gives no answer") == true, "\(answer.text)")
        #expect(try await daemon.get("/healthz").status == 200)
        try redis.resume()
        try await eventually("it is ready again") { try await daemon.get("/readyz").status == 200 }
      }
      await redis.stop()
    }

    @Test func `while it drains, it is not ready, admits nothing, and lets holders settle`() async throws {
      try await withHTTPDaemon("slots: {concurrency: 1}", change: { $0.server.drain = .seconds(30) }) { daemon in
        let granted = try await daemon.post("/v1/acquire", #"{"model": "m"}"#)
        let permit = try #require(try granted.string("permit"))
        async let waiting = daemon.post("/v1/acquire", #"{"model": "m", "wait_ms": 20000}"#)
        try await eventually("it waits") { try await daemon.metric("limiterd_waiting_calls") == 1 }
        daemon.daemon.drain()
        let denied = try await waiting
        #expect(denied.status == 503)
        #expect(denied.header("retry-after") == "30")
        #expect(try denied.string("type") == "urn:limiterd:draining")
        #expect(try await daemon.get("/readyz").status == 503)
        #expect(try await daemon.get("/healthz").status == 200)
        let late = try await daemon.post("/v1/acquire", #"{"model": "m"}"#)
        #expect(late.status == 503)
        #expect(try await daemon.metric(#"limiterd_denials_total{reason="draining"}"#) == 2)
        #expect(try await daemon.post("/v1/settle", #"{"permit": "\#(permit)"}"#).string("outcome") == "settled")
      }
    }

    @Test func `an address for everybody needs a password`() async throws {
      await #expect(throws: DaemonError.self) {
        try await withHTTPDaemon(
          "slots: {concurrency: 1}", change: { $0.server.http = ServerOptions.TCP(host: "0.0.0.0", port: 0) }
        ) { _ in }
      }
    }

    @Test func `with a password, probes are open and the rest is not`() async throws {
      try await withHTTPDaemon("slots: {concurrency: 1}", change: { $0.server.password = "secret" }) { daemon in
        for path in ["/healthz", "/metrics"] { #expect(try await daemon.get(path).status == 200) }
        for path in ["/v1/limits", "/v1/permits", "/v1/queue", "/v1/explain?model=m", "/v1/peek?model=m", "/v1/runs"] {
          let answer = try await daemon.get(path)
          #expect(answer.status == 401)
          #expect(answer.header("www-authenticate") == "Bearer")
          for wrong in [
            "Bearer secre", "Bearer secrets", "Bearer ", "Basic secret", "secret", "bearer SECRET", "Bearersecret",
          ] {
            #expect(try await daemon.get(path, headers: ["authorization": wrong]).status == 401)
          }
          for right in ["Bearer secret", "bearer secret", "BEARER secret"] {
            #expect(try await daemon.get(path, headers: ["authorization": right]).status == 200, "\(right)")
          }
        }
        #expect(try await daemon.post("/v1/acquire", #"{"model": "m"}"#).status == 401)
      }
    }

    @Test func `an address that is taken is said so`() async throws {
      try await withHTTPDaemon("slots: {concurrency: 1}") { daemon in
        var settings = daemon.daemon.settings
        settings.server.socket = daemon.socket + "2"
        settings.server.http = ServerOptions.TCP(host: "127.0.0.1", port: try #require(daemon.daemon.httpPort))
        let second = try await Daemon.make(
          settings, eventLoop: MultiThreadedEventLoopGroup.singleton.next(), logger: .quiet)
        await #expect {
          try await second.run()
        } throws: { error in
          (error as? DaemonError)?.code == .addressInUse
        }
        // What it had begun is undone.
        #expect(!FileManager.default.fileExists(atPath: daemon.socket + "2"))
      }
    }
  }
}
