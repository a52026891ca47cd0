"""Speed and size: the rows of one limiter, on a Redis that holds nothing else."""

import json
import subprocess
import sys
import time
from dataclasses import asdict

from .adapters import limiter_class
from .adapters.base import Setup
from .sizes import used_by_keys

COSTS = [1, 1500]
CALLERS = [1, 16, 64]
# Nothing fills it.
LIMIT = 1_000_000_000
WINDOW = 1
# Calls that are in the window when its bytes are counted: cost, callers, calls of each; of a pipeline so many in all its batches.
SIZES = [(1, 1, 1_000), (1, 16, 1_250), (1500, 1, 100)]
SIZE_WINDOW = 600
# After which those that become slower with each call are not waited for.
SIZE_SECONDS = 8


class Speed:
    def __init__(self, world, name, batch, seconds, is_quick):
        self.world, self.name, self.seconds = world, name, seconds
        self.callers, self.warm_up, self.size_share = (CALLERS[:2], 0.2, 0.1) if is_quick else (CALLERS, WINDOW, 1.0)
        self.batch = batch
        self.is_limiterd = name.startswith("limiterd")
        self.is_library = name.startswith("library")
        self.socket = ""
        self.driver = None

    def run(self):
        world = self.world
        result = {"rows": [], "bytes": []}
        if not self.is_library:
            self.driver = world.start(
                sys.executable, "-m", "peers.load", self.name, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=None,
                text=True, bufsize=1)
        try:
            with self.limiterd([self.key(cost, callers) for cost in COSTS for callers in self.callers], WINDOW):
                for cost in COSTS:
                    for callers in self.callers:
                        self.clean()
                        row = self.row(cost, callers, WINDOW, {"warm_up": self.warm_up, "seconds": self.seconds})
                        result["rows"].append({"cost": cost, "callers": callers} | row)
            sizes = [(cost, callers, max(1, round(calls * self.size_share / self.batch))) for cost, callers, calls in SIZES]
            for cost, callers, calls in sizes:
                with self.limiterd([self.key(cost, callers)], SIZE_WINDOW):
                    self.clean()
                    before = used_by_keys(world.redis)
                    row = self.row(cost, callers, SIZE_WINDOW, {"warm_up": 0, "seconds": SIZE_SECONDS, "calls": calls})
                    admitted = row["admitted"] + row["first_calls"] * self.batch
                    size = (used_by_keys(world.redis) - before) / admitted
                    result["bytes"].append({"cost": cost, "callers": callers, "calls": admitted, "per_call": size})
            return result
        finally:
            if self.driver:
                world.end(self.driver)
            world.redis.flushall(asynchronous=True)

    def key(self, cost, callers):
        return f"{self.name}-{cost}-{callers}"

    def clean(self):
        # Under a limiterd that would be a loss of state; its models are as many as the rows.
        if not self.is_limiterd:
            self.world.redis.flushall(asynchronous=True)

    def limiterd(self, models, window):
        return _Limiterd(self, models, window) if self.is_limiterd else _Nothing()

    def row(self, cost, callers, window, load):
        if self.is_library:
            return self.library_row(cost, callers, window, load)
        setup = Setup(self.world.host, self.world.port, self.key(cost, callers), LIMIT, window, socket=self.socket, has_room=True)
        self.driver.stdin.write(json.dumps({"setup": asdict(setup), "cost": cost, "callers": callers} | load) + "\n")
        answer = self.driver.stdout.readline()
        if not answer:
            raise RuntimeError(f"the driver of {self.name} has ended")
        return json.loads(answer)

    def library_row(self, cost, callers, window, load):
        words = [
            self.world.bench, "library", "--redis", f"redis://{self.world.host}:{self.world.port}", "--domain",
            self.key(cost, callers), "--callers", callers, "--cost", cost, "--limit", LIMIT, "--window-ms", window * 1000,
            "--warm-up", load["warm_up"], "--seconds", load["seconds"], *limiter_class(self.name).flags,
        ]
        if "calls" in load:
            words += ["--calls", load["calls"]]
        process = self.world.start(*words, stdout=subprocess.PIPE, stderr=None, text=True)
        try:
            output, _ = process.communicate(timeout=load["seconds"] + 60)
        finally:
            self.world.end(process)
        if process.returncode:
            raise RuntimeError(f"limiterd-bench library ended with {process.returncode}")
        return json.loads(output) | {"first_calls": 0}


class _Nothing:
    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass


class _Limiterd:
    """A limiterd for as long as the rows that need it."""

    def __init__(self, speed, models, window):
        self.speed, self.models, self.window = speed, models, window

    def __enter__(self):
        name = f"{self.speed.name}-{self.window}-{time.monotonic_ns()}"
        self.process, self.speed.socket = self.speed.world.start_limiterd(name, self.models, LIMIT, self.window)

    def __exit__(self, *_):
        self.speed.world.end(self.process)
        self.speed.world.redis.flushall(asynchronous=True)
