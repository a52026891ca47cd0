"""The processes of a run: one private redis-server, limiterds on it, and a folder; all gone at the end, however it ends."""

import ctypes
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import redis

PR_SET_PDEATHSIG = 1


def _die_with_parent():
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class World:
    def __init__(self, root):
        self.root = Path(root)
        self.limiterd = self.root / ".build/release/limiterd"
        self.bench = self.root / ".build/release/limiterd-bench"
        self.folder = Path(tempfile.mkdtemp(prefix="peers-"))
        self.processes = []
        self.skewer = self.folder / "skew.so"
        self.host, self.port = "127.0.0.1", _free_port()

    def __enter__(self):
        try:
            self.start(
                "redis-server", "--bind", self.host, "--port", str(self.port), "--save", "", "--appendonly", "no",
                "--maxmemory-policy", "noeviction", "--dir", str(self.folder))
            self.redis = redis.Redis(host=self.host, port=self.port)
            self.wait_for(self.redis.ping, "redis-server does not start")
            # clang comes with Swift.
            subprocess.run(["clang", "-shared", "-fPIC", "-O2", "-o", self.skewer, Path(__file__).with_name("skew.c")], check=True)
            return self
        except BaseException:
            self.__exit__()
            raise

    def __exit__(self, *_):
        for process in reversed(self.processes):
            self.end(process)
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self, *arguments, environment=None, **options):
        options.setdefault("stdout", subprocess.DEVNULL)
        options.setdefault("stderr", subprocess.DEVNULL)
        # A group of its own: Ctrl-C is for this process, which ends the others, and those that they have forked.
        process = subprocess.Popen(
            [str(argument) for argument in arguments], env=environment, preexec_fn=_die_with_parent, start_new_session=True,
            **options)
        self.processes.append(process)
        return process

    def end(self, process):
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        process.wait()
        if process in self.processes:
            self.processes.remove(process)

    def skewed(self, skew):
        """The environment of a process whose wall clock is wrong by `skew` seconds; its monotonic clock is right."""
        if not skew:
            return None
        return dict(os.environ, LD_PRELOAD=str(self.skewer), PEERS_SKEW_US=str(round(skew * 1_000_000)))

    def start_limiterd(self, name, models, limit, window, skew=0):
        """One limiterd with a model per key; returns its process and its socket."""
        policy, path, log = (self.folder / f"{name}.{end}" for end in ("yaml", "sock", "log"))
        lines = [f"  {model}: {{provider: bench, limits: {{tokens: {limit}/{window}s}}}}" for model in models]
        policy.write_text("\n".join(["domain: peers", "headroom: 1.0", "guard: 0ms", "models:", *lines, ""]))
        with open(log, "wb") as output:
            process = self.start(
                self.limiterd, "serve", "--config", policy, "--socket", path, "--redis", f"redis://{self.host}:{self.port}",
                environment=self.skewed(skew), stdout=output, stderr=output)

        def answers():
            if process.poll() is not None:
                raise RuntimeError(f"limiterd ended: {log.read_text()[-500:]}")
            client = redis.Redis(unix_socket_path=str(path), protocol=2)
            try:
                return client.execute_command("PEEK", models[0], "TOKENS", 1)
            finally:
                client.close()

        self.wait_for(answers, "limiterd does not start")
        return process, str(path)

    @staticmethod
    def wait_for(answers, what, seconds=20):
        deadline = time.monotonic() + seconds
        while True:
            try:
                return answers()
            except (redis.RedisError, OSError) as error:
                if time.monotonic() > deadline:
                    raise RuntimeError(f"{what}: {error}") from error
                time.sleep(0.02)
