"""Every service must agree with Kafka's own clients where a region's records stand."""

from __future__ import annotations

import pytest

from covid_core.partitioning import murmur2, partition_of

# From Kafka's own test, org.apache.kafka.common.utils.UtilsTest.testMurmur2 (signed 32-bit integers).
KAFKA_VECTORS = {
    b"21": -973932308,
    b"foobar": -790332482,
    b"a-little-bit-long-string": -985981536,
    b"a-little-bit-longer-string": -1486304829,
    b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8": -58897971,
    b"abc": 479470107,
}


@pytest.mark.parametrize("data", KAFKA_VECTORS)
def test_murmur2_is_kafkas(data: bytes) -> None:
    assert murmur2(data) == KAFKA_VECTORS[data] & 0xFFFFFFFF


@pytest.mark.parametrize("data", KAFKA_VECTORS)
def test_the_sign_bit_is_dropped_before_the_remainder(data: bytes) -> None:
    # Java: Utils.toPositive(Utils.murmur2(key)) % partitions
    assert partition_of(data.decode(), 7) == (KAFKA_VECTORS[data] & 0x7FFFFFFF) % 7


def test_one_partition_takes_all() -> None:
    assert {partition_of(region, 1) for region in ("CA", "CA-ON", "US", "")} == {0}
