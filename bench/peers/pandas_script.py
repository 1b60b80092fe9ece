"""A pandas script that computes all metrics of all days: `python -m bench.peers.pandas_script IN OUT`.

IN is a CSV file with region, date and the four cumulative counts; OUT is written as Parquet. It does less
than the stream: no corrections, no second source, no statuses, no lineage, no order of revisions.
"""

from __future__ import annotations

import sys

import numpy as np
import pandas as pd

from covid_core import regions
from covid_core.records import FIELDS


def compute(source: str, target: str) -> None:
    """Read, compute, write."""
    frame = pd.read_csv(source, parse_dates=["date"]).sort_values(["region", "date"])
    grouped = frame.groupby("region", sort=False)
    for name in FIELDS:
        frame[f"new_{name}"] = grouped[name].diff()
        frame[f"avg7_{name}"] = grouped[name].diff(7) / 7
    week = grouped["confirmed"].diff(7)
    before = frame["confirmed"] - week
    residents = frame["region"].map({region.code: regions.population(region.code) for region in regions.ALL})
    residents = residents.astype("float64")
    frame["active"] = frame["confirmed"] - frame["deaths"] - frame["recovered"]
    frame["incidence"] = frame["confirmed"] * 100_000 / residents
    frame["incidence_7d"] = week * 100_000 / residents
    frame["case_fatality_ratio"] = frame["deaths"] / frame["confirmed"].where(frame["confirmed"] > 0)
    tests = grouped["tests"].diff(7)
    frame["positivity_7d"] = week / tests.where(tests > 0)
    growth = (frame["confirmed"] / before).where((before > 0) & (week > 0))
    frame["doubling_time"] = 7 * np.log(2) / np.log(growth)
    frame.to_parquet(target, index=False)


if __name__ == "__main__":
    compute(*sys.argv[1:3])
