"""The table, what it shows, and the section of docs/performance.md."""

from .figures import compared, inexact, ours, row

BEGIN, END = "<!-- peers:begin -->", "<!-- peers:end -->"
SPEED_HEAD = ["", "exact", "cost", "admitted/s", "1 caller p50/p99", "16 callers p50/p99", "64 callers p50/p99", "bytes a call"]
ACCURACY_HEAD = ["", "window's edge", "4 processes", "wrong clocks", "room after a window", "refused are charged"]


def number(value):
    if value is None:
        return "-"
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def _latency(one):
    return "-" if not one or one["p50_us"] is None else f"{number(one['p50_us'])} / {number(one['p99_us'])}"


def _exact(about):
    if not about["exact"]:
        return "no"
    return "yes" if about["clock"] == "Redis" else "yes, if clocks agree"


def speed_rows(figures):
    for result in figures["results"]:
        for cost in sorted({one["cost"] for one in result["rows"]}):
            best = max((one for one in result["rows"] if one["cost"] == cost), key=lambda one: one["per_second"])
            sizes = [number(one["per_call"]) for one in result["bytes"] if one["cost"] == cost]
            yield [
                result["about"]["label"], _exact(result["about"]), f"{cost:,}", number(best["per_second"]),
                *(_latency(row(result, cost, callers)) for callers in (1, 16, 64)), " / ".join(sizes),
            ]


def accuracy_rows(figures):
    for result in figures["results"]:
        accuracy = result["accuracy"]
        if accuracy:
            charged = accuracy["refused_charged_units"]
            yield [
                result["about"]["label"], *(f"{accuracy['worst'][scenario]:.2f}" for scenario in ("edge", "concurrent", "skewed")),
                f"{accuracy['room_after_a_window'] * 100:.0f} %", "-" if charged is None else "yes" if charged else "no",
            ]


def _aligned(head, rows):
    rows = [head, *rows]
    widths = [max(len(cells[column]) for cells in rows) for column in range(len(head))]
    return [
        "  ".join(cell.ljust(width) if column == 0 else cell.rjust(width) for column, (cell, width) in enumerate(zip(cells, widths)))
        for cells in rows
    ]


def table(figures):
    """One table for a terminal: speed and size, and in the row of cost 1 how exact it is."""
    accuracy = {cells[0]: cells[1:] for cells in accuracy_rows(figures)}
    blank = [""] * (len(ACCURACY_HEAD) - 1)
    rows = [[*cells, *(accuracy.get(cells[0], blank) if cells[2] == "1" else blank)] for cells in speed_rows(figures)]
    return "\n".join([
        *_aligned([*SPEED_HEAD, *ACCURACY_HEAD[1:]], rows),
        "latencies in us; worst windows as a share of the limit: 1.00 is exact; bytes a call: asked by 1 caller / by 16",
    ])


def findings(figures):
    """What the figures show against the exact peers: nothing of it is written by hand."""
    lines = []
    for one in compared(figures):
        ours_is = f"{one['our_label']} {number(one['our'])}"
        if one["ratio"] >= 1:
            lines.append(
                f"{one['what']}: {one['ratio']:.1f}x ahead of every exact peer ({ours_is}; {one['peer_label']} {number(one['peer'])} "
                f"{one['unit']})")
        else:
            lines.append(
                f"{one['what']}: behind, by {1 / one['ratio']:.1f}x ({ours_is}; {one['peer_label']} {number(one['peer'])} {one['unit']})")
    return lines


def better(figures):
    """Where a peer, exact or not, is better than the best of ours."""
    lines = []
    for one in compared(figures, exact_only=False):
        if one["ratio"] < 1:
            kind = "" if one["peer_exact"] else f", which admits up to {one['peer_admits']:.2f} of the limit in a window"
            lines.append(
                f"{one['what']}: {one['peer_label']} {number(one['peer'])} {one['unit']}, ours {number(one['our'])} "
                f"({one['our_label']}){kind}.")
    return lines


def problems(figures):
    return [problem for result in ours(figures) for problem in inexact(result)]


def _markdown(head, rows, are_numbers=True):
    rule = "| --- |" + (" ---: |" if are_numbers else " --- |") * (len(head) - 1)
    return [f"| {' | '.join(head)} |", rule, *(f"| {' | '.join(cells)} |" for cells in rows)]


def section(figures):
    machine = figures["machine"]
    about = [
        [one["label"], f"{one['package']} {one['version']}".strip(), one["algorithm"], one["clock"], one["note"]]
        for one in (result["about"] for result in figures["results"])
    ]
    return "\n".join([
        f"Measured on {machine['cores']} cores ({machine['processor']}), Redis {machine['redis']}, Python {machine['python']}; "
        f"{figures['seconds']:g} s a row.",
        "",
        "![Admitted calls per second of each limiter, at cost 1 and at cost 1,500](peers.svg)",
        "",
        *_markdown(SPEED_HEAD, speed_rows(figures)),
        "",
        "Latencies in microseconds. Admitted calls per second are those of the number of callers that is best for the limiter. Bytes in "
        "Redis per admitted call: 1,000 calls in the window, by one caller / 20,000 by 16, or as many as there are in 8 s; at cost 1,500 100 calls "
        "by one caller.",
        "",
        "### How exact",
        "",
        "The most that was admitted in any window, as a share of the limit (1.00 is exact); how much of the limit can be had again 1.05 "
        "windows after it was filled (100 % is exact); and whether calls that were refused count.",
        "",
        *_markdown(ACCURACY_HEAD, accuracy_rows(figures)),
        "",
        "### Against the exact peers",
        "",
        *(f"- {line}" for line in findings(figures)),
        "",
        "### Where a peer is better",
        "",
        *([f"- {line}" for line in better(figures)] or ["- Nowhere in these rows."]),
        "",
        "### What each of them is",
        "",
        *_markdown(["", "package", "algorithm", "clock", ""], about, are_numbers=False),
    ])


def rewrite(path, figures):
    """Puts the section between its marks; the rest of the page stays as it is."""
    before, begin, rest = path.read_text().partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise RuntimeError(f"{path} has no place for the figures: {BEGIN} ... {END}")
    path.write_text(f"{before}{BEGIN}\n\n{section(figures)}\n\n{END}{after}")
