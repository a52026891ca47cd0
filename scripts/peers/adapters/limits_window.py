"""limits: its moving window."""

from limits import RateLimitItemPerSecond
from limits.storage import RedisStorage
from limits.strategies import MovingWindowRateLimiter

from .base import About, Limiter


class Limits(Limiter):
    about = About(
        "limits", "limits, moving window", "limits", "sliding log, a list entry per unit", "client", exact=True,
        note="keeps as many entries as the limit has units, also when they are over")

    def __init__(self, setup):
        self.limiter = MovingWindowRateLimiter(RedisStorage(setup.url))
        self.item = RateLimitItemPerSecond(setup.limit, setup.window)
        self.key = setup.key

    def acquire(self, cost):
        return self.limiter.hit(self.item, self.key, cost=cost)
