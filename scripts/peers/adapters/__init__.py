"""The limiters by name. A module is imported by the process that uses it: LiteLLM alone takes seconds."""

from importlib import import_module

_PLACES = {
    "naive-unit": ("naive", "NaivePerUnit"),
    "naive-call": ("naive", "NaivePerCall"),
    "limits": ("limits_window", "Limits"),
    "pyrate-limiter": ("pyrate", "Pyrate"),
    "throttled-window": ("throttled_py", "ThrottledWindow"),
    "throttled-gcra": ("throttled_py", "ThrottledGCRA"),
    "token-throttle": ("token_throttle_bucket", "TokenThrottle"),
    "litellm": ("litellm_v3", "LiteLLM"),
    "limiterd": ("limiterd", "Limiterd"),
    "limiterd-pipelined": ("limiterd", "LimiterdPipelined"),
    "library": ("library", "Library"),
    "library-permits": ("library", "LibraryPermits"),
}

NAMES = list(_PLACES)


def limiter_class(name):
    module, kind = _PLACES[name]
    return getattr(import_module(f"{__name__}.{module}"), kind)
