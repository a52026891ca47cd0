"""How exact a limiter is: scenarios in real time with client processes, judged by what they were told."""

import json
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict

from .adapters.base import Setup
from .judge import worst_window

WINDOW = 1
LIMIT = 100
SCENARIOS = ["edge", "concurrent", "skewed", "control", "vain"]
CLIENTS = 4
SKEWS = [-WINDOW / 2, 0, WINDOW / 2]


class Accuracy:
    def __init__(self, world, name):
        self.world, self.name = world, name
        self.is_limiterd = name == "limiterd"
        self.clients, self.limiterds = [], []

    def run(self):
        try:
            self.start()
            result = {"worst": {}, "by_server_time": {}}
            # One client each, that mostly sleep.
            with ThreadPoolExecutor(3) as threads:
                edge = threads.submit(self.edge, self.clients[0])
                control = threads.submit(self.room_after, self.clients[1], "control", asks=0)
                vain = threads.submit(self.room_after, self.clients[2], "vain", asks=100)
            self.judge(result, "edge", edge.result())
            self.judge(result, "concurrent", self.concurrent())
            self.judge(result, "skewed", self.skewed())
            return result | self.charges(control.result(), vain.result())
        finally:
            for client in self.clients + self.limiterds:
                self.world.end(client)
            self.world.redis.flushall()

    def start(self):
        skews = [0] * CLIENTS + [skew for skew in SKEWS if skew]
        self.clients = [
            self.world.start(
                sys.executable, "-m", "peers.worker", self.name, environment=self.world.skewed(skew), stdin=subprocess.PIPE,
                stdout=subprocess.PIPE, stderr=None, text=True, bufsize=1)
            for skew in skews
        ]
        for client, skew in zip(self.clients, skews, strict=True):
            said = self.answer(client)
            if abs(said["clock"] - said["monotonic"] - (time.time() - time.monotonic()) - skew) > 0.05:
                raise RuntimeError(f"the clock of a client of {self.name} is not wrong by {skew} s")
        # limiterds with as wrong clocks as their clients: two that are right, a slow one and a fast one.
        self.sockets = []
        if self.is_limiterd:
            models = [f"{self.name}-{scenario}" for scenario in SCENARIOS]
            for skew in sorted({0, *skews}):
                for number in range(2 if skew == 0 else 1):
                    process, path = self.world.start_limiterd(f"accuracy{skew}-{number}", models, LIMIT, WINDOW, skew)
                    self.limiterds.append(process)
                    self.sockets.append((skew, path))

    def open(self, scenario, clients, skews):
        """Clients number from 0; of each its skew, so that it finds the limiterd with the same one."""
        for number, (client, skew) in enumerate(zip(clients, skews, strict=True)):
            paths = [path for of, path in self.sockets if of == skew]
            setup = Setup(
                self.world.host, self.world.port, f"{self.name}-{scenario}", LIMIT, WINDOW,
                socket=paths[number % len(paths)] if paths else "", program=str(self.world.bench))
            self.send(client, "open", **asdict(setup))
        for client in clients:
            self.answer(client)

    def send(self, client, do, **arguments):
        client.stdin.write(json.dumps({"do": do, **arguments}) + "\n")

    def answer(self, client):
        line = client.stdout.readline()
        if not line:
            raise RuntimeError(f"a client of {self.name} has ended")
        return json.loads(line)

    def ask(self, client, do, **arguments):
        self.send(client, do, **arguments)
        return self.answer(client)

    def aligned(self):
        """The next instant, on the monotonic clock, at which a window of the wall clock begins, and 0.02 s after it."""
        now = time.time()
        begins = (now // WINDOW + 1) * WINDOW
        if begins - now < 0.1:
            begins += WINDOW
        return time.monotonic() + begins - now + 0.02

    def edge(self, client):
        """One call as a window begins; from before its end on all that is admitted, over the next one and a half."""
        self.open("edge", [client], [0])
        begins = self.aligned()
        first = self.ask(client, "hammer", begins=begins, ends=begins + 0.001, costs=[1], pause=0.01)
        rest = self.ask(
            client, "hammer", begins=begins + 0.85 * WINDOW, ends=begins + 2.6 * WINDOW, costs=[5, 5, 1], pause=0.001)
        return [*first["log"], *rest["log"]]

    def concurrent(self):
        """Four processes ask without a pause."""
        return self.together("concurrent", self.clients[:CLIENTS], [0] * CLIENTS, pause=0)

    def skewed(self):
        """Three processes whose clocks are half a window slow, right, and half a window fast."""
        slow, fast = self.clients[CLIENTS:]
        return self.together("skewed", [slow, self.clients[0], fast], SKEWS, pause=0.001)

    def together(self, scenario, clients, skews, pause):
        self.open(scenario, clients, skews)
        begins = time.monotonic() + 0.05
        for client in clients:
            self.send(client, "hammer", begins=begins, ends=begins + 2.4 * WINDOW, costs=[1, 3, 7], pause=pause)
        return [admission for client in clients for admission in self.answer(client)["log"]]

    def room_after(self, client, scenario, asks):
        """Fills the limit, is refused so many times, and looks what is admitted when the first window is over."""
        self.open(scenario, [client], [0])
        full = self.ask(client, "fill", begins=self.aligned(), cost=5)
        # For all of the limit, while some of it is surely used: no limiter may admit that.
        vain = self.ask(client, "insist", count=asks, ends=full["at"] + 0.7 * WINDOW, cost=LIMIT, pause=0.004)
        after = self.ask(client, "fill", begins=full["at"] + 1.05 * WINDOW, cost=1)
        # What flows in while it is asked is not room that was there.
        return min(LIMIT, sum(one[2] for one in after["log"])), vain["asked"] - len(vain["log"]), len(vain["log"])

    @staticmethod
    def charges(control, vain):
        """Room that was there without refused calls, and was not with them, has been charged to them."""
        room, refused, admitted = vain
        charged = max(0, control[0] - room)
        return {
            "room_after_a_window": control[0] / LIMIT, "refused": refused, "refused_charged_units": None if admitted else charged,
        }

    def judge(self, result, scenario, log):
        if not log:
            raise RuntimeError(f"{self.name}: nothing was admitted in the scenario {scenario}")
        result["worst"][scenario] = worst_window([one[:3] for one in log], WINDOW) / LIMIT
        if all(one[3] is not None for one in log):
            stamps = [(one[3], one[3], one[2]) for one in log]
            result["by_server_time"][scenario] = worst_window(stamps, WINDOW * 1_000_000) / LIMIT
