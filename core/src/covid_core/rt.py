"""What the effective reproduction number Rt is made of: its constants, its setting, and its notes.

Rt is estimated as Cori et al. (2013, doi:10.1093/aje/kwt133) do: the mean number of people whom one case
infects, as seen in the new cases of the last `WINDOW` days. `repeats` says what a report is, `daily_cases`
what the new cases are, and `reproduction` how they are turned into an estimate. Here is no arithmetic, so
that whoever only names the columns needs none of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

WINDOW: Final = 7
"""Days over which Rt is taken as constant: a whole week, so that weekdays do not show."""

PRIOR_MEAN: Final = 5.0
PRIOR_SD: Final = 5.0
"""Of the gamma prior of Rt: EpiEstim's, high on purpose, so that too few data never say "under control"."""

FEWEST_CASES: Final = 11
"""In the window: with fewer the posterior's coefficient of variation, 1 / sqrt(1 + cases), is above 0.3, the
limit that Cori et al. (2013, web appendix 5) propose."""

INFECTIOUS_DAYS: Final = 60
"""The longest serial interval that is counted."""

REDISTRIBUTED_DAYS: Final = 60
"""A negative number of new cases is taken from the cases of so many days before it."""

SPREAD_DAYS: Final = 14
"""New cases of at most so many days that were reported together are spread over them."""

REPEATS: Final = 6
"""Days: a count that was repeated on so many or more, and then rises by `FEWEST_CASES` or more, was not
reported meanwhile. The six days between two weekly reports."""

MOST_UNKNOWN: Final = 0.2
"""Of those who could have infected the window's cases, by the serial interval, at most this share may have
fallen on days whose new cases are not known."""

HISTORY: Final = WINDOW - 1 + INFECTIOUS_DAYS
"""Days before a day whose new cases stand in the formula of its Rt."""

GATHERED: Final = SPREAD_DAYS + REPEATS + 1
"""Days before a day that say whether its count is a report: a report so long ago that it is waited for, the
repetitions before that, and what they repeat."""

REACH: Final = HISTORY + REDISTRIBUTED_DAYS + SPREAD_DAYS + GATHERED
"""Days before a day whose cumulative counts its Rt may depend on; later than so many days after its own, a
count no longer matters."""

COLUMNS: Final = ("rt", "rt_lower", "rt_upper")
"""The numbers of a row; `rt_note` stands beside them."""


@dataclass(frozen=True)
class SerialInterval:
    """Days from one person's onset of symptoms to that of a person whom they infect.

    Default: 5.9 (sd 4.1), for the virus of 2020: within the range of the published estimates that we know,
    e.g. 6.3 (sd 4.2) days in Shenzhen (Bi et al. 2020, doi:10.1016/S1473-3099(20)30287-5) and 5.8 days (He et
    al. 2020, doi:10.1038/s41591-020-0869-5). Later variants were quicker (Omicron about 3 days). Raises
    `ValueError` for values that the method has no distribution for.
    """

    mean: float = 5.9
    sd: float = 4.1

    def __post_init__(self) -> None:
        if not self.mean > 1:
            raise ValueError(f"the serial interval's mean must be above 1 day, not {self.mean:g}")
        if not self.sd > 0:
            raise ValueError(f"the serial interval's standard deviation must be above 0, not {self.sd:g}")
        if self.mean + 4 * self.sd > INFECTIOUS_DAYS:
            raise ValueError(
                f"a serial interval of {self.mean:g} (sd {self.sd:g}) days is too long: mean + 4 sd must be "
                f"at most {INFECTIOUS_DAYS} days"
            )


DEFAULT_INTERVAL: Final = SerialInterval()
"""What applies unless it is set otherwise."""


class RtNote(StrEnum):
    """Why there is no Rt, or what to know about one that there is: the first that applies, in this order."""

    NO_REPORT = "no_report"
    """Null: the new cases of a day of the window are not known (no report on the day, or one that only
    repeats, the first one, a change of source, or more than `SPREAD_DAYS` days without one)."""
    SHORT_HISTORY = "short_history"
    """Null: too little is known of who could have infected the window's cases (`MOST_UNKNOWN`)."""
    FEW_CASES = "few_cases"
    """Null: fewer than `FEWEST_CASES` in the window."""
    NO_INFECTORS = "no_infectors"
    """Null: there was no case who could have infected those of the window."""
    NEGATIVES_LEFT = "negatives_left"
    """A number: but the new cases of a day that counts stay negative, a correction larger than all cases of
    the `REDISTRIBUTED_DAYS` days before it."""
    SPREAD = "spread"
    """A number: but days of the window were reported together, and their cases spread evenly."""


NULL_NOTES: Final = frozenset({RtNote.NO_REPORT, RtNote.SHORT_HISTORY, RtNote.FEW_CASES, RtNote.NO_INFECTORS})
"""Those that say why there is no number."""
