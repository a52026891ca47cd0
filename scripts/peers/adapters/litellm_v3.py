"""LiteLLM: the limiter of its proxy, the class that the proxy makes, without the proxy's web server."""

import os
from types import SimpleNamespace

os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
os.environ.setdefault("LITELLM_LOG", "CRITICAL")

from litellm.caching.caching import DualCache  # noqa: E402
from litellm.caching.redis_cache import RedisCache  # noqa: E402
from litellm.proxy.hooks.parallel_request_limiter_v3 import _PROXY_MaxParallelRequestsHandler_v3  # noqa: E402

from .base import About, Limiter  # noqa: E402


class LiteLLM(Limiter):
    about = About(
        "litellm", "LiteLLM, parallel_request_limiter_v3", "litellm", "fixed window that the first call begins", "Redis",
        exact=False, note="the call that reserves tokens: `atomic_check_and_increment_by_n` of the proxy's class, without the proxy")
    is_async = True

    def __init__(self, setup):
        cache = DualCache(redis_cache=RedisCache(host=setup.host, port=setup.port))
        self.limiter = _PROXY_MaxParallelRequestsHandler_v3(SimpleNamespace(dual_cache=cache))
        self.descriptors = [
            {
                "key": "api_key",
                "value": setup.key,
                "rate_limit": {"tokens_per_unit": setup.limit, "window_size": setup.window},
            }
        ]

    async def acquire(self, cost):
        answer = await self.limiter.atomic_check_and_increment_by_n(self.descriptors, [{"tokens": cost}])
        return answer["overall_code"] == "OK"
