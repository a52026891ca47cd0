"""token-throttle: its Redis backend."""

import logging
import threading

import redis
from token_throttle import PerModelConfig, Quota, SyncRateLimiter, SyncRedisBackendBuilder, UsageQuotas

from .base import About, Limiter


class TokenThrottle(Limiter):
    about = About(
        "token-throttle", "token-throttle, Redis backend", "token-throttle", "token bucket under a lock", "Redis", exact=False,
        note="each admission is refunded as used, as its documentation asks")
    settles = True

    def __init__(self, setup):
        logging.getLogger("token_throttle").setLevel(logging.CRITICAL)
        quotas = UsageQuotas([Quota(metric="tokens", limit=setup.limit, per_seconds=setup.window)])
        client = redis.Redis(host=setup.host, port=setup.port)
        self.limiter = SyncRateLimiter(PerModelConfig(quotas=quotas), backend=SyncRedisBackendBuilder(client, key_prefix=setup.key))
        # With no time to wait it also refuses when another holds the lock.
        self.timeout = 30 if setup.has_room else 0
        self.local = threading.local()

    def acquire(self, cost):
        try:
            self.local.reservation = self.limiter.acquire_capacity(model="hot", usage={"tokens": cost}, timeout=self.timeout)
            self.local.cost = cost
            return True
        except TimeoutError:
            return False

    def settle(self):
        self.limiter.refund_capacity(actual_usage={"tokens": self.local.cost}, reservation=self.local.reservation)
