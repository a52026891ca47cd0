"""What the driver and the judge ask of every limiter."""

from dataclasses import dataclass


@dataclass
class Setup:
    """Where a limiter finds its Redis, and the one limit that it keeps: `limit` units in each `window` seconds."""

    host: str
    port: int
    key: str
    limit: int
    window: int
    # Of limiterd: its Unix socket. Of the library: the program that speaks for it.
    socket: str = ""
    program: str = ""
    # Nothing fills the limit: a limiter that refuses when its lock is taken may wait for it.
    has_room: bool = False

    @property
    def url(self):
        return f"redis://{self.host}:{self.port}"


@dataclass
class About:
    """What is told of a limiter."""

    name: str
    label: str
    package: str
    algorithm: str
    clock: str
    # A true sliding log: at most the limit in every span of the window's length, as long as its clock is right.
    exact: bool
    ours: bool = False
    note: str = ""


class Limiter:
    """A limiter that answers at once. Objects are made in the process that uses them."""

    about: About
    is_async = False
    # Each caller needs an object of its own; else those of a process share one, as documentations advise.
    is_per_caller = False
    # Decisions of one `acquire`.
    batch = 1

    def acquire(self, cost):
        """True if `cost` units are admitted now. An async limiter has a coroutine here."""
        raise NotImplementedError

    def settle(self):
        """What belongs to an admission and comes after the call: its time counts in the throughput, not in the latency."""

    settles = False
    # Of the last admission, the server's time in microseconds, if the limiter tells it.
    stamp = None

    def close(self):
        pass
