"""limiterd, asked by redis-py over its Unix socket."""

import threading

import redis

from .base import About, Limiter


class Limiterd(Limiter):
    about = About(
        "limiterd", "limiterd, through redis-py", "redis", "sliding log, an entry per decided batch", "Redis", exact=True, ours=True,
        note="`ACQUIRE <model> TOKENS n HOLD 0`: no permit is kept, as with the peers")

    def __init__(self, setup):
        self.client = redis.Redis(unix_socket_path=setup.socket, protocol=2)
        self.key = setup.key
        self.local = threading.local()

    @property
    def stamp(self):
        return self.local.stamp

    def acquire(self, cost):
        answer = self.client.execute_command("ACQUIRE", self.key, "TOKENS", cost, "HOLD", 0)
        if answer[0] != b"granted":
            return False
        self.local.stamp = answer[5]
        return True

    def close(self):
        self.client.close()


class LimiterdPipelined(Limiterd):
    about = About(
        "limiterd-pipelined", "limiterd, redis-py, 16 in a pipeline", "redis", "sliding log, an entry per decided batch", "Redis",
        exact=True, ours=True, note="the latency is that of 16 calls together")
    batch = 16

    def acquire(self, cost):
        pipeline = self.client.pipeline(transaction=False)
        for _ in range(self.batch):
            pipeline.execute_command("ACQUIRE", self.key, "TOKENS", cost, "HOLD", 0)
        return all(answer[0] == b"granted" for answer in pipeline.execute())
