"""pyrate-limiter: its RedisBucket."""

import redis
from pyrate_limiter import Limiter as PyrateLimiter
from pyrate_limiter import Rate, RedisBucket

from .base import About, Limiter


class Pyrate(Limiter):
    about = About(
        "pyrate-limiter", "pyrate-limiter, RedisBucket", "pyrate-limiter", "sliding log, a ZSET member per unit", "client",
        exact=True, note="a thread drops what is over, every 10 s")

    # One that threads share refuses, without asking Redis, whoever comes while another asks.
    is_per_caller = True

    def __init__(self, setup):
        client = redis.Redis(host=setup.host, port=setup.port)
        self.limiter = PyrateLimiter(RedisBucket.init([Rate(setup.limit, setup.window * 1000)], client, setup.key))
        self.key = setup.key

    def acquire(self, cost):
        return self.limiter.try_acquire(self.key, weight=cost, blocking=False)

    def close(self):
        self.limiter.close()
