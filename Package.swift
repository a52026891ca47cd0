// swift-tools-version: 6.2
import PackageDescription

/// One list for every Swift target; each entry has its reason.
let strict: [SwiftSetting] = [
  // `any P` is written out, so that the cost of an existential is visible.
  .enableUpcomingFeature("ExistentialAny"),
  // A member is usable only where its module is imported: imports tell the truth about dependencies.
  .enableUpcomingFeature("MemberImportVisibility"),
  // Dependencies stay out of our public interface unless we say `public import`.
  .enableUpcomingFeature("InternalImportsByDefault"),
  // An async function runs where its caller runs; a hop between executors is always written down.
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
  // A warning is a defect that has not been looked at yet.
  .treatAllWarnings(as: .error),
]

/// Targets that touch C pointers: every unsafe expression is marked, so `grep -rn "unsafe " Sources` is the trusted base.
let memorySafe = strict + [.strictMemorySafety()]

let nio: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let nioPosix: Target.Dependency = .product(name: "NIOPosix", package: "swift-nio")
let nioSSL: Target.Dependency = .product(name: "NIOSSL", package: "swift-nio-ssl")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let lifecycle: Target.Dependency = .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let arguments: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")
let yams: Target.Dependency = .product(name: "Yams", package: "Yams")
let deque: Target.Dependency = .product(name: "DequeModule", package: "swift-collections")
let heap: Target.Dependency = .product(name: "HeapModule", package: "swift-collections")
let hummingbird: Target.Dependency = .product(name: "Hummingbird", package: "hummingbird")
let httpClient: Target.Dependency = .product(name: "AsyncHTTPClient", package: "async-http-client")

let package = Package(
  name: "limiterd",
  platforms: [.macOS(.v15)],
  products: [
    .library(name: "LimiterClient", targets: ["LimiterClient"]),
    .library(name: "LimiterConfiguration", targets: ["LimiterConfiguration"]),
    .library(name: "LimiterCore", targets: ["LimiterCore"]),
    .library(name: "LimiterLLM", targets: ["LimiterLLM"]),
    .library(name: "Resilience", targets: ["Resilience"]),
    .library(name: "Providers", targets: ["Providers"]),
    .library(name: "RedisClient", targets: ["RedisClient"]),
    .executable(name: "limiterd", targets: ["limiterd"]),
    .executable(name: "limiterctl", targets: ["limiterctl"]),
    // Preloaded into the redis-servers of `scripts/prove`.
    .library(name: "TrialClock", type: .dynamic, targets: ["CTrialClock"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
    .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
    .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.0"),
    .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
  ],
  targets: [
    // The protocol: libhiredis and one noncopyable owner per C object.
    .systemLibrary(name: "CHiredis", pkgConfig: "hiredis", providers: [.apt(["libhiredis-dev"])]),
    .target(name: "Hiredis", dependencies: ["CHiredis"], swiftSettings: memorySafe),

    // The sockets: one multiplexed, pipelined connection per node.
    .target(
      name: "RedisClient", dependencies: ["Hiredis", nio, nioPosix, nioSSL, logging, deque],
      swiftSettings: strict),

    // The rules: limits, decisions, the reference store. No NIO, no Foundation, no Redis.
    .target(name: "LimiterCore", dependencies: [deque, heap], swiftSettings: strict),

    // The policy file, the calendar and the price list.
    .target(
      name: "LimiterConfiguration", dependencies: ["LimiterCore", yams],
      resources: [.embedInCode("prices.txt"), .embedInCode("standard.yaml")], swiftSettings: strict),

    // The scripts and who runs them.
    .target(
      name: "LimiterRedis", dependencies: ["LimiterCore", "RedisClient", "Hiredis", deque, nio, logging],
      resources: [.embedInCode("lua")], swiftSettings: strict),

    // What a worker imports.
    .target(
      name: "LimiterClient",
      dependencies: [
        "LimiterCore", "LimiterConfiguration", "LimiterRedis", "RedisClient", "Hiredis", logging, lifecycle, nio,
        nioPosix,
      ],
      swiftSettings: strict),

    // A redis-server of one's own: the demo's, the benchmark's, the tests'.
    .systemLibrary(name: "CSpawn"),
    .target(name: "PrivateRedis", dependencies: ["CSpawn"], swiftSettings: memorySafe),

    // The independent check: it shares no code with the limiter.
    .target(name: "Oracle", dependencies: [], swiftSettings: strict),

    // What happens around a call: retry, fallback, cooldowns; pure, and alone.
    .target(name: "Resilience", swiftSettings: strict),

    // What providers say: headers, errors.
    .target(name: "Providers", dependencies: ["Resilience"], swiftSettings: strict),

    // A whole call: permit, provider, settlement, with all that Resilience decides around them.
    .target(
      name: "LimiterLLM",
      dependencies: [
        "LimiterClient", "LimiterConfiguration", "LimiterCore", "Resilience", "Providers", "Webhooks", httpClient,
        logging, nio, .product(name: "NIOHTTP1", package: "swift-nio"),
      ],
      swiftSettings: strict),

    // Traces, the simulated provider, worker processes and their report.
    // Random numbers that a seed repeats: of simulations, trials and tests.
    .target(name: "SeededRandom", swiftSettings: strict),
    .target(
      name: "Simulation",
      dependencies: [
        "SeededRandom",
        "LimiterClient", "LimiterConfiguration", "LimiterCore", "LimiterLLM", "LimiterRedis", "Providers", "Resilience",
        "RedisClient", "Hiredis", "Oracle", "PrivateRedis", hummingbird, httpClient, logging, nio, nioPosix, yams,
        .product(name: "NIOHTTP1", package: "swift-nio"),
      ],
      swiftSettings: strict),

    // The sidecar: worker protocol, sessions, the queue and the connection to Redis on one event loop.
    // Tells a URL that something has happened.
    .target(
      name: "Webhooks",
      dependencies: [
        "LimiterCore", httpClient, logging, nio, .product(name: "NIOHTTP1", package: "swift-nio"),
      ], swiftSettings: strict),
    .target(
      name: "LimiterDaemon",
      dependencies: [
        "LimiterClient", "LimiterConfiguration", "LimiterCore", "LimiterRedis", "RedisClient", "Resilience", "Webhooks",
        "Hiredis", "PrivateRedis", logging, nio, nioPosix, nioSSL, deque, hummingbird,
        .product(name: "NIOHTTP1", package: "swift-nio"),
      ],
      swiftSettings: strict),

    // The commands of `limiterd`.
    .target(
      name: "LimiterdCommands",
      dependencies: [
        "Simulation", "LimiterClient", "LimiterDaemon", "LimiterConfiguration", "LimiterCore", "RedisClient", arguments,
        logging, nioPosix,
        .product(name: "UnixSignals", package: "swift-service-lifecycle"),
      ],
      swiftSettings: strict),
    .executableTarget(name: "limiterd", dependencies: ["LimiterdCommands"], swiftSettings: strict),

    // For the person on call.
    .target(
      name: "LimiterctlCommands",
      dependencies: [
        "LimiterClient", "LimiterConfiguration", "LimiterCore", "LimiterLLM", "LimiterRedis", "Providers", "Resilience",
        "RedisClient", "Hiredis", arguments, logging, nio, nioPosix,
      ],
      swiftSettings: strict),
    .executableTarget(name: "limiterctl", dependencies: ["LimiterctlCommands"], swiftSettings: strict),

    // What a worker looks like.
    .executableTarget(
      name: "example-worker", dependencies: ["LimiterClient", "LimiterConfiguration", "LimiterCore"],
      path: "Examples/Worker", swiftSettings: strict),
    // A whole call in twenty lines.
    .executableTarget(
      name: "example-complete", dependencies: ["LimiterLLM", "Providers"], path: "Examples/Complete",
      swiftSettings: strict),
    // A call with retries, a chain of models and an old answer at its end.
    .executableTarget(
      name: "example-chain",
      dependencies: [
        "LimiterClient", "LimiterCore", "Resilience", "Providers", httpClient, nio, nioPosix,
        .product(name: "NIOHTTP1", package: "swift-nio"),
      ],
      path: "Examples/Chain", swiftSettings: strict),

    // `scripts/bench`: ratios in one run, never a timed test.
    .executableTarget(
      name: "limiterd-bench",
      dependencies: [
        "LimiterClient", "LimiterCore", "LimiterRedis", "RedisClient", "Hiredis", "PrivateRedis", arguments, nio,
        nioPosix,
        logging,
      ],
      swiftSettings: strict),

    // `scripts/prove`: processes under faults, and the verdict.
    // Not linked into anything of ours: it would be our own clock.
    .target(name: "CTrialClock"),
    .target(
      name: "FaultTrials",
      dependencies: [
        "LimiterClient", "LimiterCore", "RedisClient", "Hiredis", "PrivateRedis", "Oracle", "Simulation", nio, nioPosix,
        logging, deque,
      ],
      swiftSettings: strict),
    .executableTarget(name: "limiterd-prove", dependencies: ["FaultTrials", arguments], swiftSettings: strict),

    // Tests, ring by ring: pure, channel, model, processes.
    .target(
      name: "TestSupport", dependencies: ["PrivateRedis", "SeededRandom", nio, nioPosix], path: "Tests/TestSupport",
      swiftSettings: strict),
    .testTarget(name: "HiredisTests", dependencies: ["Hiredis", "CHiredis", "TestSupport"], swiftSettings: strict),
    .testTarget(name: "PrivateRedisTests", dependencies: ["PrivateRedis", "TestSupport"], swiftSettings: strict),
    // `scripts/fuzz`: broken streams for the reply reader.
    .executableTarget(name: "reply-reader-fuzz", dependencies: ["Hiredis", "TestSupport"], swiftSettings: strict),
    .testTarget(
      name: "RedisClientTests",
      dependencies: [
        "RedisClient", "Hiredis", "PrivateRedis", "TestSupport", nio, nioPosix, nioSSL, logging,
        .product(name: "NIOEmbedded", package: "swift-nio"),
      ],
      swiftSettings: strict),
    .testTarget(name: "ResilienceTests", dependencies: ["Resilience"], swiftSettings: strict),
    .testTarget(name: "ProvidersTests", dependencies: ["Providers", "Resilience"], swiftSettings: strict),
    .testTarget(name: "LimiterCoreTests", dependencies: ["LimiterCore", "SeededRandom"], swiftSettings: strict),
    .testTarget(
      name: "LimiterConfigurationTests", dependencies: ["LimiterConfiguration", "LimiterCore", "SeededRandom", yams],
      resources: [.copy("Fixtures")], swiftSettings: strict),
    // Random and exhaustive operations, reference store against real Redis; the mutants of the scripts.
    .testTarget(
      name: "LimiterRedisTests",
      dependencies: [
        "LimiterRedis", "LimiterCore", "RedisClient", "Hiredis", "PrivateRedis", "TestSupport", "Oracle", nio, nioPosix,
        logging,
      ],
      swiftSettings: strict),
    // The engine in virtual time, on the reference store.
    .testTarget(
      name: "EngineSimulationTests",
      dependencies: ["LimiterRedis", "LimiterCore", "RedisClient", "Resilience", "TestSupport", nio],
      swiftSettings: strict),
    .testTarget(
      name: "LimiterClientTests",
      dependencies: [
        "LimiterClient", "LimiterDaemon", "limiterd", "LimiterConfiguration", "LimiterCore", "LimiterRedis",
        "RedisClient", "Hiredis", "PrivateRedis", "TestSupport", "Oracle", nio, nioPosix, logging,
      ],
      swiftSettings: strict),
    // Whole calls against a real Redis and a provider over real HTTP.
    .testTarget(
      name: "LimiterLLMTests",
      dependencies: [
        "LimiterLLM", "LimiterClient", "LimiterCore", "LimiterConfiguration", "Resilience", "Providers", "Simulation",
        "RedisClient", "PrivateRedis", "TestSupport", "Webhooks", logging, "limiterctl", "limiterd", hummingbird,
        httpClient, nio,
        .product(name: "NIOHTTP1", package: "swift-nio"),
      ],
      swiftSettings: strict),
    // Every fault alone, on real processes; the proxy between them.
    .testTarget(
      name: "FaultTrialsTests",
      dependencies: [
        "FaultTrials", "limiterd-prove", "limiterd", "Simulation", "RedisClient", "Hiredis", "PrivateRedis",
        "TestSupport", nio,
        nioPosix,
        logging,
      ],
      swiftSettings: strict),
    .testTarget(name: "OracleTests", dependencies: ["Oracle", "SeededRandom"], swiftSettings: strict),
    .testTarget(
      name: "SimulationTests",
      dependencies: [
        "Simulation", "LimiterdCommands", "limiterd", "PrivateRedis", "TestSupport", "Oracle", "LimiterConfiguration",
        "LimiterCore", "LimiterLLM", "Resilience", "RedisClient", "Hiredis",
        hummingbird, httpClient, nio, .product(name: "NIOHTTP1", package: "swift-nio"),
      ],
      swiftSettings: strict),
    // Real sockets, real clients, real processes.
    .testTarget(
      name: "LimiterDaemonTests",
      dependencies: [
        "LimiterDaemon", "LimiterdCommands", "limiterd", "limiterctl", "LimiterClient", "LimiterConfiguration",
        "LimiterCore",
        "LimiterRedis", "RedisClient", "Hiredis", "PrivateRedis", "TestSupport", nio, nioPosix, nioSSL, logging,
        httpClient, yams, .product(name: "NIOHTTP1", package: "swift-nio"),
      ],
      swiftSettings: strict),
    // Real processes that share one limit, some of them killed.
    .executableTarget(
      name: "test-worker",
      dependencies: ["LimiterClient", "LimiterConfiguration", "LimiterCore", "RedisClient", "SeededRandom"],
      path: "Tests/TestWorker", swiftSettings: strict),
    .testTarget(
      name: "ProcessTests",
      dependencies: [
        "test-worker", "limiterd", "limiterd-bench", "LimiterClient", "LimiterConfiguration", "LimiterCore",
        "LimiterRedis",
        "RedisClient",
        "Hiredis", "PrivateRedis", "TestSupport", "Oracle",
      ],
      swiftSettings: strict),
  ]
)
