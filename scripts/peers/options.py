"""The command line. It needs nothing but Python: `--help` is told before anything is installed."""

import argparse
import json
import os
from pathlib import Path

from .adapters import NAMES


def arguments():
    parser = argparse.ArgumentParser(
        prog="scripts/bench peers",
        description="Limiters from PyPI, the naive script, limiterd and our library: the same work on the same Redis in one run. "
        "A whole run takes about 7 minutes and rewrites its section of docs/performance.md, and docs/peers.svg.",
        epilog="The exit code is 1 when ours is not exact. Names: " + ", ".join(NAMES))
    parser.add_argument("--quick", action="store_true", help="short rows: whether it works; docs stay as they are")
    parser.add_argument("--seconds", type=float, help="seconds measured per row (2; with --quick 0.3)")
    parser.add_argument("--only", action="append", choices=NAMES, metavar="NAME", help="only this one, or these; docs stay as they are")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures to this file")
    parser.add_argument("--from", dest="source", type=Path, metavar="FILE", help="measure nothing; report what --json wrote to this file")
    parser.add_argument("--picture", type=Path, metavar="FILE", help="write the picture to this file, too")
    options = parser.parse_args()
    if options.seconds is None:
        options.seconds = 0.3 if options.quick else 2.0
    if not 0.05 <= options.seconds <= 600:
        parser.error("--seconds: expected 0.05 to 600")
    for name, path in (("--json", options.json), ("--picture", options.picture)):
        if path and (path.is_dir() or not os.access(path.absolute().parent, os.W_OK)):
            parser.error(f"{name}: {path} cannot be written")
    if options.source:
        try:
            figures = json.loads(options.source.read_text())
        except (OSError, ValueError) as error:
            parser.error(f"--from: {options.source} cannot be read: {error}")
        if not isinstance(figures, dict) or not {"machine", "seconds", "is_whole", "results"} <= figures.keys():
            parser.error(f"--from: {options.source} is not what --json writes")
        options.source = figures
    return options


if __name__ == "__main__":
    arguments()
