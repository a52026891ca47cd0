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
let yams: Target.Dependency = .product(name: "Yams", package: "Yams")
let deque: Target.Dependency = .product(name: "DequeModule", package: "swift-collections")
let heap: Target.Dependency = .product(name: "HeapModule", package: "swift-collections")

let package = Package(
  name: "limiterd",
  platforms: [.macOS(.v15)],
  products: [
    .library(name: "LimiterCore", targets: ["LimiterCore"])
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
    .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
    .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
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
      resources: [.embedInCode("prices.txt")], swiftSettings: strict),

    // The scripts and who runs them.
    .target(
      name: "LimiterRedis", dependencies: ["LimiterCore", "RedisClient", "Hiredis", nio, logging],
      resources: [.embedInCode("lua")], swiftSettings: strict),

    // A redis-server of one's own: the demo's, the benchmark's, the tests'.
    .systemLibrary(name: "CSpawn"),
    .target(name: "PrivateRedis", dependencies: ["CSpawn"], swiftSettings: memorySafe),

    // The independent check: it shares no code with the limiter.
    .target(name: "Oracle", dependencies: [], swiftSettings: strict),

    // Tests, ring by ring: pure, channel, model, processes.
    .target(
      name: "TestSupport", dependencies: ["PrivateRedis"], path: "Tests/TestSupport", swiftSettings: strict),
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
    .testTarget(name: "LimiterCoreTests", dependencies: ["LimiterCore"], swiftSettings: strict),
    .testTarget(
      name: "LimiterConfigurationTests", dependencies: ["LimiterConfiguration", "LimiterCore"],
      resources: [.copy("Fixtures")], swiftSettings: strict),
    // Random and exhaustive operations, reference store against real Redis; the mutants of the scripts.
    .testTarget(
      name: "LimiterRedisTests",
      dependencies: [
        "LimiterRedis", "LimiterCore", "RedisClient", "Hiredis", "PrivateRedis", "TestSupport", "Oracle", nio, nioPosix,
        logging,
      ],
      swiftSettings: strict),
    .testTarget(name: "OracleTests", dependencies: ["Oracle"], swiftSettings: strict),
  ]
)
