"""throttled-py: its sliding window and its GCRA."""

from datetime import timedelta

from throttled import RateLimiterType, Throttled, rate_limiter, store

from .base import About, Limiter


class _Throttled(Limiter):
    using = ""

    def __init__(self, setup):
        quota = rate_limiter.per_duration(timedelta(seconds=setup.window), limit=setup.limit, burst=setup.limit)
        self.throttle = Throttled(
            key=setup.key, using=self.using, quota=quota, store=store.RedisStore(server=setup.url + "/0"))

    def acquire(self, cost):
        return not self.throttle.limit(cost=cost).limited


class ThrottledWindow(_Throttled):
    using = RateLimiterType.SLIDING_WINDOW.value
    about = About(
        "throttled-window", "throttled-py, sliding window", "throttled-py", "two counters, the older one by its share", "client",
        exact=False)


class ThrottledGCRA(_Throttled):
    using = RateLimiterType.GCRA.value
    about = About(
        "throttled-gcra", "throttled-py, GCRA", "throttled-py", "GCRA: a bucket that fills all the time", "Redis", exact=False,
        note="a full bucket and what flows in: up to twice the limit in a window, by design")
