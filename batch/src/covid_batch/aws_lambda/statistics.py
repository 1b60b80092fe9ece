"""Summary statistics of a region's rows, by pandas."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from covid_core.rows import Row


def summary(rows: Sequence[Row], metrics: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Of each metric: days with a number, mean, sample standard deviation, minimum, quartiles and maximum,
    the first day of the maximum, first and last number. None where there are too few numbers to tell.
    """
    days = pd.Index([row.date for row in rows])
    return {metric: _of([getattr(row, metric) for row in rows], days) for metric in metrics}


def _of(values: Sequence[float | None], days: pd.Index) -> dict[str, Any]:
    numbers = pd.Series(np.array(values, dtype=np.float64), index=days).dropna()
    described = {str(name): _plain(value) for name, value in numbers.describe().items()}
    return {
        **described,
        "count": len(numbers),
        "peak": None if numbers.empty else str(numbers.idxmax()),
        "first": None if numbers.empty else _plain(numbers.iloc[0]),
        "last": None if numbers.empty else _plain(numbers.iloc[-1]),
    }


def _plain(value: Any) -> float | None:
    return None if pd.isna(value) else float(value)
