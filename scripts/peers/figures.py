"""What is read out of the figures of a run."""


def row(result, cost, callers):
    return next((one for one in result["rows"] if (one["cost"], one["callers"]) == (cost, callers)), None)


def ours(figures):
    return [result for result in figures["results"] if result["about"]["ours"]]


def exact_peers(figures):
    return [result for result in figures["results"] if result["about"]["exact"] and not result["about"]["ours"]]


def admits(result):
    """The worst window of all scenarios, as a share of the limit."""
    return max(result["accuracy"]["worst"].values()) if result["accuracy"] else None


def inexact(result):
    """What is wrong with a limiter that should be exact."""
    accuracy, label = result["accuracy"], result["about"]["label"]
    if not accuracy:
        return
    for name in ("worst", "by_server_time"):
        for scenario, worst in accuracy[name].items():
            if worst > 1:
                yield f"{label}: {worst:.3f} of the limit in a window ({scenario}, {name})"
    # Ours tells when it has admitted.
    for scenario in sorted(accuracy["worst"].keys() - accuracy["by_server_time"].keys()):
        yield f"{label}: the server's time of an admission is missing ({scenario})"
    if accuracy["room_after_a_window"] < 1:
        yield f"{label}: {accuracy['room_after_a_window']:.2f} of the limit is free a window after it was filled"
    if accuracy["refused_charged_units"] != 0:
        yield f"{label}: refused calls were charged, or calls admitted that have no room"


def _best_speed(cost):
    return lambda result: max((one["per_second"] for one in result["rows"] if one["cost"] == cost), default=None)


def _of_row(cost, callers, which):
    return lambda result: (row(result, cost, callers) or {}).get(which)


def _bytes(cost, callers):
    return lambda result: next(
        (one["per_call"] for one in result["bytes"] if (one["cost"], one["callers"]) == (cost, callers)), None)


def _measures(results):
    shapes = sorted({(one["cost"], one["callers"]) for result in results for one in result["rows"]})
    for cost in sorted({cost for cost, _ in shapes}):
        yield f"admitted/s at cost {cost:,}, as many callers as are best", _best_speed(cost), True, "/s"
    for cost, callers in shapes:
        yield f"admitted/s at cost {cost:,}, {_callers(callers)}", _of_row(cost, callers, "per_second"), True, "/s"
    for which in ("p50_us", "p99_us"):
        for cost, callers in shapes:
            yield f"{which[:3]} at cost {cost:,}, {_callers(callers)}", _of_row(cost, callers, which), False, "us"
    for cost, callers in sorted({(one["cost"], one["callers"]) for result in results for one in result["bytes"]}):
        yield f"bytes a call at cost {cost:,}, {_callers(callers)}", _bytes(cost, callers), False, "bytes"


def _callers(count):
    return "1 caller" if count == 1 else f"{count} callers"


def compared(figures, exact_only=True):
    """For each measure the best of ours against the best peer; a ratio above 1 is in our favour. Pipelines are left out: no peer has them."""
    mine = [result for result in ours(figures) if result["about"]["batch"] == 1]
    peers = exact_peers(figures) if exact_only else [one for one in figures["results"] if not one["about"]["ours"]]
    for what, value, is_more_better, unit in _measures(figures["results"]):
        sign = 1 if is_more_better else -1
        best = []
        for results in (mine, peers):
            known = [(value(one), one) for one in results if value(one) is not None]
            best.append(max(known, key=lambda pair: sign * pair[0]) if known else None)
        if all(best):
            (our, our_result), (peer, peer_result) = best
            yield {
                "what": what, "unit": unit, "our": our, "peer": peer, "our_label": our_result["about"]["label"],
                "peer_label": peer_result["about"]["label"], "peer_exact": peer_result["about"]["exact"],
                "peer_admits": admits(peer_result), "ratio": (our / peer if is_more_better else peer / max(our, 1e-9)),
            }
