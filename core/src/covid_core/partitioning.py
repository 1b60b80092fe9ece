"""Kafka's default partitioner, so that every service agrees where a region's records stand."""

from __future__ import annotations

from functools import lru_cache


def murmur2(data: bytes) -> int:
    """Kafka's 32-bit murmur2 (seed 0x9747b28c), as an unsigned integer.

    Source: `org.apache.kafka.common.utils.Utils.murmur2`.
    """
    mask, m = 0xFFFFFFFF, 0x5BD1E995
    length = len(data)
    h = 0x9747B28C ^ length
    for i in range(0, length - length % 4, 4):
        k = int.from_bytes(data[i : i + 4], "little") * m & mask
        h = (h * m & mask) ^ ((k ^ (k >> 24)) * m & mask)
    tail = data[length - length % 4 :]
    if tail:
        h = (h ^ int.from_bytes(tail, "little")) * m & mask
    h = (h ^ (h >> 13)) * m & mask
    return h ^ (h >> 15)


@lru_cache(maxsize=4096)  # it is asked for with every record, and regions are few
def partition_of(region: str, partitions: int) -> int:
    """Partition of a region's records, as by Java's default partitioner and librdkafka's `murmur2_random`."""
    return (murmur2(region.encode()) & 0x7FFFFFFF) % partitions
