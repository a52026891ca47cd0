"""`scripts/bench peers`: limiters from PyPI and ours, on one Redis in one run."""
