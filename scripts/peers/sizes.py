"""Bytes in Redis per admitted call: the memory of all keys, less what was there before the first call."""


def used_by_keys(client):
    """MEMORY USAGE of every key, all elements counted."""
    keys = list(client.scan_iter(count=1000))
    pipeline = client.pipeline(transaction=False)
    for key in keys:
        pipeline.execute_command("MEMORY USAGE", key, "SAMPLES", 0)
    return sum(size or 0 for size in pipeline.execute())
