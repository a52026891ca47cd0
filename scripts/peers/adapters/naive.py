"""The script of the tutorials: a sorted set of what was admitted, by the client's clock."""

import time
import uuid

import redis

from .base import About, Limiter

PER_UNIT = """
local key, now, window, limit, cost = KEYS[1], tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
redis.call('ZREMRANGEBYSCORE', key, '-inf', now - window)
if redis.call('ZCARD', key) + cost > limit then
  return 0
end
for i = 1, cost do
  redis.call('ZADD', key, now, ARGV[5] .. ':' .. i)
end
redis.call('PEXPIRE', key, window * 1000)
return 1
"""

PER_CALL = """
local key, now, window, limit, cost = KEYS[1], tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
redis.call('ZREMRANGEBYSCORE', key, '-inf', now - window)
local used = 0
for _, member in ipairs(redis.call('ZRANGE', key, 0, -1)) do
  used = used + tonumber(string.match(member, ':(%d+)$'))
end
if used + cost > limit then
  return 0
end
redis.call('ZADD', key, now, ARGV[5] .. ':' .. cost)
redis.call('PEXPIRE', key, window * 1000)
return 1
"""


class _Naive(Limiter):
    source = ""

    def __init__(self, setup):
        self.setup = setup
        self.script = redis.Redis(host=setup.host, port=setup.port).register_script(self.source)

    def acquire(self, cost):
        setup = self.setup
        return self.script([setup.key], [repr(time.time()), setup.window, setup.limit, cost, uuid.uuid4().hex]) == 1


class NaivePerUnit(_Naive):
    source = PER_UNIT
    about = About(
        "naive-unit", "naive script, a member per unit", "redis", "sliding log, a ZSET member per unit", "client", exact=True)


class NaivePerCall(_Naive):
    source = PER_CALL
    about = About(
        "naive-call", "naive script, a member per call", "redis", "sliding log, a ZSET member per call, summed at each call",
        "client", exact=True)
