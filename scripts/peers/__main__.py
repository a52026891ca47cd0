"""`scripts/bench peers`."""

import json
import os
import platform
import signal
import sys
import time
from importlib import metadata
from pathlib import Path

from . import judge, picture, report
from .accuracy import Accuracy
from .adapters import NAMES, limiter_class
from .options import arguments
from .speed import Speed
from .world import World

ROOT = Path(__file__).resolve().parents[2]


def about_of(name):
    """What is told of a limiter, or why it is not measured. Asked in a process of its own: nothing is imported here."""
    try:
        kind = limiter_class(name)
    except ImportError as error:
        return None, str(error)
    about = dict(vars(kind.about))
    try:
        version = metadata.version(about["package"]) if not about["ours"] else ""
    except metadata.PackageNotFoundError:
        version = ""
    return about | {"version": version, "batch": kind.batch}, None


def measure(world, options):
    results = []
    for name in options.only or NAMES:
        about, problem = about_of(name)
        if problem:
            print(f"{name}: not measured: {problem}", file=sys.stderr)
            continue
        begins = time.monotonic()
        print(f"{about['label']} ...", end=" ", file=sys.stderr, flush=True)
        result = {"name": name, "about": about}
        result |= Speed(world, name, about["batch"], options.seconds, options.quick).run()
        # Of the same limiter as the plain one.
        result["accuracy"] = None if name == "limiterd-pipelined" else Accuracy(world, name).run()
        results.append(result)
        print(f"{time.monotonic() - begins:.0f} s", file=sys.stderr, flush=True)
    return results


def machine():
    model = next((line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), platform.machine())
    return {"cores": os.cpu_count(), "processor": model, "python": platform.python_version()}


def main():
    options = arguments()
    judge.self_check()
    # Ctrl-C and SIGTERM end what was started, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    if options.source:
        figures = options.source
    else:
        with World(ROOT) as world:
            figures = {
                "machine": machine() | {"redis": world.redis.info("server")["redis_version"]}, "seconds": options.seconds,
                "is_whole": not options.quick and not options.only, "results": measure(world, options),
            }
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2) + "\n")
    print(report.table(figures))
    print()
    print("\n".join(report.findings(figures)))
    if options.picture:
        options.picture.write_text(picture.draw(figures))
    if figures["is_whole"] and not (options.quick or options.only):
        (ROOT / "docs/peers.svg").write_text(picture.draw(figures))
        report.rewrite(ROOT / "docs/performance.md", figures)
    problems = report.problems(figures)
    for problem in problems:
        print(f"NOT EXACT: {problem}", file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
