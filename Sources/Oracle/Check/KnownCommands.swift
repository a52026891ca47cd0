/// The writes that the oracle can apply, by the kind of key. Any other write to a key of a limiter is reported.
enum KnownCommands {
  static let window: Set<String> = ["ZADD", "ZREM", "ZREMRANGEBYRANK", "ZREMRANGEBYSCORE", "ZPOPMIN"]
  static let counter: Set<String> = ["SET", "SETEX", "PSETEX", "INCRBY", "DECRBY", "INCR", "DECR", "GETDEL"]
  static let hash: Set<String> = ["HSET", "HMSET", "HINCRBY", "HDEL", "HSETNX"]
  static let time: Set<String> = ["PEXPIREAT", "EXPIREAT", "PEXPIRE", "EXPIRE", "PERSIST"]
  static let removal: Set<String> = ["DEL", "UNLINK"]
  static let many: Set<String> = ["MSET", "MSETNX"]
  static let all = window.union(counter).union(hash).union(time).union(removal).union(many)
}
