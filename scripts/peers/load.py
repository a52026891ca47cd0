"""The driver: a process of its own per limiter, which forks the callers. The same loop for every limiter that Python asks.

`python -m peers.load NAME` reads a JSON object from its input and writes one to its output.
"""

import asyncio
import gc
import json
import multiprocessing
import os
import sys
import threading
import time

from .adapters import limiter_class
from .adapters.base import Setup

# As many callers as this share a process, as threads or, of an async limiter, as tasks.
CALLERS_PER_PROCESS = 4


class Share:
    """What one caller has seen."""

    def __init__(self, limiter, task):
        self.limiter, self.task = limiter, task
        self.times = []
        self.admitted = self.refused = 0

    def first(self):
        """Connects, and loads scripts."""
        if self.limiter.acquire(self.task["cost"]) and self.limiter.settles:
            self.limiter.settle()

    def call(self, begins, ends):
        clock, limiter, cost, calls = time.perf_counter, self.limiter, self.task["cost"], self.task["calls"]
        while calls != 0:
            asked = clock()
            if asked >= ends:
                break
            admitted = limiter.acquire(cost)
            answered = clock()
            if admitted and limiter.settles:
                limiter.settle()
            self.count(asked, answered, begins, ends, admitted)
            calls -= 1

    async def call_async(self, begins, ends):
        clock, limiter, cost, calls = time.perf_counter, self.limiter, self.task["cost"], self.task["calls"]
        while calls != 0:
            asked = clock()
            if asked >= ends:
                break
            admitted = await limiter.acquire(cost)
            self.count(asked, clock(), begins, ends, admitted)
            calls -= 1

    def count(self, asked, answered, begins, ends, admitted):
        """Of a rate, what is answered in its time: what was under way at its beginning is done in it, and what is at its end is not."""
        if not begins <= answered < ends:
            return
        if admitted:
            if asked >= begins:
                self.times.append(answered - asked)
            self.admitted += self.limiter.batch
        else:
            self.refused += self.limiter.batch


def _process(*arguments):
    *_, results = arguments
    try:
        results.put(_shares(*arguments[:-1]))
    except BaseException as error:
        results.put(error)
    # A library's threads are not waited for.
    os._exit(0)


def _shares(name, setup, callers, task, ready, go):
    gc.disable()
    kind = limiter_class(name)

    def span():
        ready.release()
        go.wait()
        begins = task["go_at"].value + task["warm_up"]
        return begins, begins + task["seconds"]

    if kind.is_async:

        async def run():
            limiter = kind(setup)
            await limiter.acquire(task["cost"])
            shares = [Share(limiter, task) for _ in range(callers)]
            begins, ends = span()
            await asyncio.gather(*(share.call_async(begins, ends) for share in shares))
            return shares

        shares = asyncio.run(run())
    else:
        limiters = [kind(setup) for _ in range(callers if kind.is_per_caller else 1)]
        shares = [Share(limiters[number % len(limiters)], task) for number in range(callers)]
        for share in shares:
            share.first()
        threads = [threading.Thread(target=share.call, args=bounds) for share, bounds in zip(shares, [span()] * callers)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    return [(share.times, share.admitted, share.refused) for share in shares]


def _rank(times, share):
    return times[int((len(times) - 1) * share)] * 1e6 if times else None


def measure(name, setup, row):
    """One row: `callers` of `cost` for `seconds` after `warm_up`, or until each has made `calls`."""
    kind, callers = limiter_class(name), row["callers"]
    processes = max(1, callers // CALLERS_PER_PROCESS)
    fork = multiprocessing.get_context("fork")
    ready, go, results = fork.Semaphore(0), fork.Event(), fork.SimpleQueue()
    task = {"cost": row["cost"], "warm_up": row["warm_up"], "seconds": row["seconds"], "calls": row.get("calls", -1)}
    task["go_at"] = fork.Value("d", 0.0)
    children = [
        fork.Process(target=_process, args=(name, setup, callers // processes, task, ready, go, results), daemon=True)
        for _ in range(processes)
    ]
    for child in children:
        child.start()
    for _ in children:
        if not ready.acquire(timeout=60):
            raise RuntimeError(f"{name}: a caller does not start")
    task["go_at"].value = time.perf_counter()
    go.set()
    answers = [results.get() for _ in children]
    elapsed = time.perf_counter() - task["go_at"].value
    for child in children:
        child.join()
    for answer in answers:
        if isinstance(answer, BaseException):
            raise answer
    shares = [share for answer in answers for share in answer]
    times = sorted(one for share in shares for one in share[0])
    admitted = sum(share[1] for share in shares)
    return {
        "admitted": admitted, "refused": sum(share[2] for share in shares),
        "per_second": admitted / (elapsed if "calls" in row else row["seconds"]), "p50_us": _rank(times, 0.5),
        "p99_us": _rank(times, 0.99), "first_calls": len(children) if kind.is_async else callers,
    }


def main():
    name = sys.argv[1]
    # Imported once, before the callers are forked.
    limiter_class(name)
    for line in sys.stdin:
        row = json.loads(line)
        print(json.dumps(measure(name, Setup(**row.pop("setup")), row)), flush=True)


if __name__ == "__main__":
    main()
