"""The picture: admitted calls per second, two bars for each limiter, on a logarithmic scale."""

from html import escape
from math import floor, log10

from .figures import admits

WIDTH, LEFT, RIGHT, TOP, ROW = 980, 276, 190, 96, 50
INK, SOFT, GRID = "#1f2933", "#667085", "#e4e7ec"
# Cost 1, cost 1,500.
OURS, PEERS = ("#0b6e4f", "#52b788"), ("#3d5a98", "#a3b6dd")


def _text(x, y, text, size=13, fill=INK, anchor="start", weight="normal"):
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" fill="{fill}" text-anchor="{anchor}" font-weight="{weight}">{escape(text)}</text>'


def _box(x, y, width, height, fill):
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(width, 1):.1f}" height="{height}" rx="2" fill="{fill}"/>'


def _best(result, cost):
    return max((one["per_second"] for one in result["rows"] if one["cost"] == cost), default=0)


def _order(result):
    about = result["about"]
    return (0 if about["ours"] else 1 if about["exact"] else 2, -_best(result, 1))


def draw(figures):
    results = sorted(figures["results"], key=_order)
    values = [_best(result, cost) for result in results for cost in (1, 1500) if _best(result, cost) > 0]
    low, high = floor(log10(min(values) / 2)), log10(max(values)) + 0.35
    scale = (WIDTH - LEFT - RIGHT) / (high - low)
    groups = ["limiterd", "exact while all clocks agree", "not exact"]
    height = TOP + len(results) * ROW + 28 * len({_order(result)[0] for result in results}) + 40

    def x(value):
        return LEFT + (log10(value) - low) * scale

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        'font-family="Helvetica, Arial, sans-serif">',
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
        _text(24, 34, "Admitted calls per second, on one Redis", 19, weight="bold"),
        _text(24, 56, "One sliding window, as many callers as are best for each. A logarithmic scale.", 13, SOFT),
    ]
    for index, label in enumerate(("1 token a call", "1,500 tokens a call")):
        at = WIDTH - RIGHT - 270 + index * 150
        parts += [_box(at, 74, 9, 11, OURS[index]), _box(at + 10, 74, 9, 11, PEERS[index]), _text(at + 25, 84, label, 12)]
    parts += [_text(WIDTH - 24, 84, "worst window / limit", 12, SOFT, "end")]
    for power in range(low, floor(high) + 1):
        at = x(10**power)
        parts += [
            f'<line x1="{at:.1f}" y1="{TOP}" x2="{at:.1f}" y2="{height - 36}" stroke="{GRID}"/>',
            _text(at, height - 18, f"{10**power:,}", 12, SOFT, "middle"),
        ]
    y, group = TOP, None
    for result in results:
        if _order(result)[0] != group:
            group = _order(result)[0]
            parts.append(_text(24, y + 20, groups[group], 12, SOFT, weight="bold"))
            y += 28
        parts.append(_text(LEFT - 12, y + 23, result["about"]["label"], 13, anchor="end"))
        for index, cost in enumerate((1, 1500)):
            value = _best(result, cost)
            if value:
                top = y + 2 + index * 18
                parts += [
                    _box(LEFT, top, x(value) - LEFT, 16, (OURS if result["about"]["ours"] else PEERS)[index]),
                    _text(x(value) + 6, top + 12.5, f"{value:,.0f}", 12),
                ]
        worst = admits(result)
        if worst is not None:
            wrong = worst > 1
            parts.append(_text(WIDTH - 24, y + 23, f"{worst:.2f}", 14, "#b42318" if wrong else OURS[0], "end", "bold"))
        y += ROW
    return "\n".join([*parts, "</svg>", ""])
