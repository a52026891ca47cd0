import Foundation
import Hiredis
import PrivateRedis
import TestSupport
import Testing

extension WholeTests {
  /// Programs that people have: redis-cli, redis-benchmark, redis-py, and a C program with hiredis' own connection.
  @Suite(.serialized) struct RealClientTests {
    private static let limits = "tokens: {tokens: 1000000000/1h, models: [m]}\nslots: {concurrency: 2, models: [n]}"

    @Test func `redis-cli, with arguments and with a pipe`() async throws {
      try await withDaemon(Self.limits) { daemon in
        let granted = try await runCommand("redis-cli", ["-s", daemon.socket, "ACQUIRE", "m", "TOKENS", "3"])
        #expect(granted.hasPrefix("granted\n"))
        let script = "ACQUIRE n\nACQUIRE n\nACQUIRE n\nNONSENSE\nPING\n"
        let output = try await runCommand("sh", ["-c", "printf '\(script)' | redis-cli -s \(daemon.socket)"])
        #expect(output.split(separator: "\n").count { $0 == "granted" } == 2)
        #expect(output.contains("denied\nconcurrency\n"))
        #expect(output.contains("ERR unknown command `NONSENSE`"))
        #expect(output.contains("PONG"))
        // redis-cli has gone: so have its slots.
        try await eventually("its permits have ended") { try await daemon.info("permits_held") == 0 }
        let info = try await runCommand("redis-cli", ["-s", daemon.socket, "INFO", "stats"])
        #expect(info.contains("granted:3"))
      }
    }

    @Test func `redis-benchmark`() async throws {
      try await withDaemon(Self.limits) { daemon in
        let output = try await runCommand(
          "redis-benchmark",
          ["-s", daemon.socket, "-n", "20000", "-c", "50", "-P", "16", "--csv", "ACQUIRE", "m"]
            + ["TOKENS", "3", "HOLD", "0"])
        #expect(output.contains("ACQUIRE m TOKENS 3 HOLD 0"), "\(output)")
        #expect(try await daemon.info("granted") == 20_000)
        print(output)
      }
    }

    @Test func `hiredis in C, plain and pipelined`() async throws {
      let folder = try GuardedDirectory(named: "hiredis")
      let source = #"""
        #include <hiredis/hiredis.h>
        #include <stdio.h>
        #include <string.h>
        #define CHECK(what) if (!(what)) { fprintf(stderr, "failed: %s\n", #what); return 1; }
        int main(int count, char **arguments) {
          redisContext *context = redisConnectUnix(arguments[1]);
          CHECK(context && !context->err);
          redisReply *reply = redisCommand(context, "ACQUIRE n WAIT %d", 100);
          CHECK(reply && reply->type == REDIS_REPLY_ARRAY && !strcmp(reply->element[0]->str, "granted"));
          redisReply *settled = redisCommand(context, "SETTLE %s TOKENS 5", reply->element[1]->str);
          CHECK(settled && settled->type == REDIS_REPLY_STATUS && !strcmp(settled->str, "settled"));
          freeReplyObject(reply);
          freeReplyObject(settled);
          for (int number = 0; number < 1000; number++) redisAppendCommand(context, "ACQUIRE m TOKENS %d HOLD 0", number);
          redisAppendCommand(context, "NONSENSE %b", "a\0b", (size_t)3);
          for (int number = 0; number < 1000; number++) {
            CHECK(redisGetReply(context, (void **)&reply) == REDIS_OK && !strcmp(reply->element[0]->str, "granted"));
            freeReplyObject(reply);
          }
          CHECK(redisGetReply(context, (void **)&reply) == REDIS_OK && reply->type == REDIS_REPLY_ERROR);
          freeReplyObject(reply);
          redisFree(context);
          puts("all is well");
          return 0;
        }
        """#
      let program = folder.path + "/client"
      try source.write(toFile: program + ".c", atomically: true, encoding: .utf8)
      // The toolchain's own compiler: whoever builds this has it.
      try await runCommand("clang", ["-Wall", "-o", program, program + ".c", "-lhiredis"])
      try await withDaemon(Self.limits) { daemon in
        #expect(try await runCommand(program, [daemon.socket]) == "all is well\n")
        #expect(try await daemon.info("granted") == 1_001)
        try await eventually("its session has ended") { try await daemon.info("permits_held") == 0 }
      }
    }

    @Test func `redis-py, plain and pipelined`() async throws {
      let folder = try GuardedDirectory(named: "redis-py")
      let python = folder.path + "/venv/bin/python"
      do {
        try await runCommand("python3", ["-m", "venv", folder.path + "/venv"])
        try await runCommand(python, ["-m", "pip", "install", "--quiet", "redis"])
      } catch {
        print("redis-py could not be installed, so it is not tested: \(error)")
        return
      }
      let script = """
        import sys, redis
        client = redis.Redis(unix_socket_path=sys.argv[1], decode_responses=True, protocol=2)
        assert client.ping()
        answer = client.execute_command("ACQUIRE", "n", "WAIT", 100)
        assert answer[0] == "granted", answer
        assert client.execute_command("SETTLE", answer[1], "TOKENS", 5) == "settled"
        pipeline = client.pipeline(transaction=False)
        for number in range(1000):
            pipeline.execute_command("ACQUIRE", "m", "TOKENS", number, "HOLD", 0)
        answers = pipeline.execute()
        assert len(answers) == 1000 and all(a[0] == "granted" for a in answers)
        assert [a[9][0][2] for a in answers[1:]] == list(range(1, 1000))
        transaction = client.pipeline()
        transaction.execute_command("ACQUIRE", "n")
        try:
            transaction.execute()
            assert False
        except redis.ResponseError as error:
            assert "transaction=False" in str(error), error
        assert client.execute_command("PERMITS") == []
        try:
            client.execute_command("ACQUIRE", "nobody")
            assert False
        except redis.ResponseError as error:
            assert "no model" in str(error)
        named = redis.Redis(unix_socket_path=sys.argv[1], client_name="worker", decode_responses=True, protocol=2)
        assert named.client_getname() == "worker"
        print("redis-py", redis.__version__, "works")
        """
      try script.write(toFile: folder.path + "/script.py", atomically: true, encoding: .utf8)
      try await withDaemon(Self.limits) { daemon in
        print(try await runCommand(python, [folder.path + "/script.py", daemon.socket]))
      }
    }

    @Test func `a worker process that is killed gives back all its slots at once`() async throws {
      try await withDaemon(Self.limits) { daemon in
        // A real process that holds what it got as long as it lives: its input stays open.
        let pipe = Pipe()
        let worker = try ChildProcess(
          executable: "/usr/bin/env", arguments: ["redis-cli", "-s", daemon.socket],
          input: pipe.fileHandleForReading.fileDescriptor)
        pipe.fileHandleForWriting.write(Data("ACQUIRE n\nACQUIRE n\n".utf8))
        try await eventually("it holds all slots") { try await daemon.info("permits_held") == 2 }
        let waiter = try await daemon.connect()
        waiter.send("ACQUIRE", "n", "WAIT", "60000")
        try await eventually("one waits") { try await daemon.info("waiting") == 1 }
        let start = ContinuousClock.now
        worker.signal(SIGKILL)
        #expect(try await waiter.reply()?.isGranted == true)
        let time = ContinuousClock.now - start
        print("the next waiter was admitted \(time) after kill -9 of the holder")
        #expect(time < .seconds(2))
        _ = await worker.end()
      }
    }
  }
}
