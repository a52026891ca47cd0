"""The Swift library straight to Redis: for the judge it is asked through a program; its speed is measured by that program itself."""

import subprocess

from .base import About, Limiter


class Library(Limiter):
    about = About(
        "library", "our library, straight to Redis", "limiterd", "sliding log, an entry per decided batch", "Redis", exact=True,
        ours=True, note="`admit`: no permit is kept, as with the peers; the callers live on the client's own event loop (`executor`)")
    # Of `limiterd-bench library`.
    flags = ["--admit", "--on-loop"]
    answering_flags = ["--admit"]

    def __init__(self, setup):
        self.process = subprocess.Popen(
            [
                setup.program, "library", "--ask", "--redis", setup.url, "--domain", setup.key,
                "--limit", str(setup.limit), "--window-ms", str(setup.window * 1000), *self.answering_flags,
            ],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
        if self.process.stdout.readline() != "ready\n":
            raise RuntimeError("limiterd-bench library --ask does not start")

    def acquire(self, cost):
        self.process.stdin.write(f"{cost}\n")
        words = self.process.stdout.readline().split()
        if not words:
            raise RuntimeError("limiterd-bench library --ask has ended")
        if words[0] != "granted":
            return False
        self.stamp = int(words[1])
        return True

    def close(self):
        self.process.stdin.close()
        self.process.wait(timeout=10)


class LibraryPermits(Library):
    about = About(
        "library-permits", "our library, with permits", "limiterd", "sliding log, an entry per decided batch", "Redis", exact=True,
        ours=True, note="each decision is an acquisition and its settlement; latencies are of the acquisition")
    flags = []
    answering_flags = []
