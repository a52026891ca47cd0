"""A client of the accuracy scenarios: a process with a clock of its own. `python -m peers.worker NAME`; commands and answers are JSON lines."""

import asyncio
import json
import os
import sys
import time

from .adapters import limiter_class
from .adapters.base import Setup


class Client:
    def __init__(self, name):
        self.kind = limiter_class(name)
        self.loop = asyncio.new_event_loop() if self.kind.is_async else None
        self.limiter = None

    def open(self, setup):
        self.close()
        self.limiter = self.loop.run_until_complete(self._make(setup)) if self.loop else self.kind(setup)

    async def _make(self, setup):
        return self.kind(setup)

    def close(self):
        if self.limiter is not None:
            self.limiter.close()
        self.limiter = None

    def ask(self, cost):
        """(before, after, units, server's stamp or None) if admitted, else None."""
        before = time.monotonic()
        answer = self.limiter.acquire(cost)
        admitted = self.loop.run_until_complete(answer) if self.loop else answer
        after = time.monotonic()
        if not admitted:
            return None
        stamp = self.limiter.stamp
        if self.limiter.settles:
            self.limiter.settle()
        return before, after, cost, stamp

    def hammer(self, begins, ends, costs, pause):
        """Asks from one instant to another."""
        time.sleep(max(0.0, begins - time.monotonic()))
        log, asked = [], 0
        while time.monotonic() < ends:
            admission = self.ask(costs[asked % len(costs)])
            asked += 1
            if admission:
                log.append(admission)
            if pause:
                time.sleep(pause)
        return {"log": log, "asked": asked}

    def fill(self, begins, cost):
        """Asks until it is refused."""
        time.sleep(max(0.0, begins - time.monotonic()))
        log = []
        while (admission := self.ask(cost)) and len(log) < 10_000:
            log.append(admission)
        return {"log": log, "at": time.monotonic()}

    def insist(self, count, ends, cost, pause):
        """Asks so many times, or until an instant."""
        log, asked = [], 0
        while asked < count and time.monotonic() < ends:
            admission = self.ask(cost)
            asked += 1
            if admission:
                log.append(admission)
            time.sleep(pause)
        return {"log": log, "asked": asked}


def main():
    # Whatever a library prints must not come between the answers.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    client = Client(sys.argv[1])

    def answer(value):
        answers.write(json.dumps(value) + "\n")
        answers.flush()

    answer({"clock": time.time(), "monotonic": time.monotonic()})
    for line in sys.stdin:
        command = json.loads(line)
        do = command.pop("do")
        if do == "open":
            client.open(Setup(**command))
            answer({})
        else:
            answer(getattr(client, do)(**command))
    client.close()


if __name__ == "__main__":
    main()
