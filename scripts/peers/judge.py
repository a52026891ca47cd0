"""The judge: the most that was admitted in any one window, added up anew for each admission. It knows no limiter.

An admission is (before, after, units): the caller's clock before it asked and after it was answered, or (stamp, stamp, units) where
the server's time of the admission is known. All callers are on one host and read the same monotonic clock.
"""


def worst_window(admissions, window):
    """The most units that were surely admitted within one window, wherever in their calls the decisions fell.

    Those that were asked for at or after an instant and answered before a window had passed from it: whatever lies at the edge and may
    be outside is left out, so a limiter is never accused wrongly.
    """
    worst = 0
    for begin, _, _ in admissions:
        worst = max(worst, sum(units for before, after, units in admissions if before >= begin and after < begin + window))
    return worst


def self_check():
    """Planted mistakes must be found, and a right log must not be accused."""
    exact = [(at / 10, at / 10, 10) for at in range(50)]
    assert worst_window(exact, 1.0) == 100, "a right log was accused"
    assert worst_window(exact + [(2.05, 2.06, 1)], 1.0) == 101, "one unit too many was not found"
    edge = [(0.95, 0.951, 100), (1.05, 1.051, 100)]
    assert worst_window(edge, 1.0) == 200, "two full windows at an edge were not found"
    assert worst_window([(0.0, 0.0, 100), (1.0, 1.0, 100)], 1.0) == 100, "a window's end belongs to the next one"
    # The second call was asked for in the window and may have been decided after it.
    assert worst_window([(0.0, 0.01, 100), (0.99, 1.01, 100)], 1.0) == 100, "what is not certain was counted"
