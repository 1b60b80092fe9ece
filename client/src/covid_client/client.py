"""The client: one method a question."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import version
from types import TracebackType
from typing import Any, Final, Literal, Self, cast, overload

import httpx

from covid_client.answers import (
    Alert,
    Correction,
    CorrectionKind,
    Deletion,
    Disagreement,
    Explanation,
    History,
    Nowcast,
    Region,
    Revisions,
    Row,
    Source,
    State,
    Withdrawal,
    Written,
)
from covid_client.asking import Asking, Parameters, json_of
from covid_client.stream import Stream
from covid_client.table import Table

Day = dt.date | str
"""A day, or its text `YYYY-MM-DD`."""

Moment = dt.datetime | Day
"""An aware time, its text with its zone, or a day, which means its end in UTC."""

Field = Literal["confirmed", "deaths", "recovered", "tests"]
"""A count."""

Record = Mapping[str, Any]
"""A record to write: `source`, `region`, `date`, and any of `confirmed`, `deaths`, `recovered`, `tests`
(cumulative, integers), `status` by field, `reported_at`. A field that is absent is not touched."""

MOST_ROWS: Final = 5_000
"""Of a page of `metrics`: the API gives no more."""

WAIT_SECONDS: Final = 10.0
"""How long a write waits for its effect unless told."""


class Client:
    """The API of one deployment. A context manager; may be shared by threads, and streams opened beside it.

    Every method raises `Problem` for what the API refuses and `Unreachable` when it does not answer. What it
    puts off with 429 or 503 and `Retry-After` is asked again, for at most `patience` seconds a call: a write
    too, since records merge idempotently.
    """

    def __init__(
        self,
        url: str,
        key: str | None = None,
        *,
        timeout: float = 30.0,
        patience: float = 60.0,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        """`url`: e.g. `http://127.0.0.1:8000`. `key`: an API key, needed to write, and to read where reading
        is closed. `timeout`: seconds for the API to connect or to go on with an answer. `transport`: httpx's,
        for certificates or proxies of one's own."""
        headers = {"User-Agent": f"covid-client/{version('covid-client')}"}
        if key is not None:
            headers["Authorization"] = f"Bearer {key}"
        self._http = httpx.Client(base_url=url, headers=headers, timeout=timeout, transport=transport)
        self._asking = Asking(self._http, patience)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of all connections, those of streams included."""
        self._http.close()

    def regions(self, source: str | None = None) -> list[Region]:
        """Every known region, Canada and its provinces first; with a source only those that it reports."""
        return cast("list[Region]", self._got("/v1/regions", {"source": source})["data"])

    def sources(self) -> list[Source]:
        """Every source that has rows, `merged` included, and the regions that each reports."""
        return cast("list[Source]", self._got("/v1/sources", {})["data"])

    def metrics(
        self,
        region: str | Iterable[str] | None = None,
        source: str = "merged",
        start: Day | None = None,
        end: Day | None = None,
        fields: str | Iterable[str] | None = None,
        *,
        as_of: Moment | None = None,
        known_at: Moment | None = None,
        lag: int | None = None,
        page_rows: int = MOST_ROWS,
    ) -> Table[Row]:
        """Rows of one source: of the regions (ISO 3166 codes; None: all), from `start` to `end`, included.

        `fields`: columns besides source, region and date; None: all. `as_of`: as the sources had said by
        then; `known_at`: as that deployment had been told by then; `lag`: each day as its source had reported
        it so many days later. `page_rows`: rows of a request, at most 5,000. The result asks when it is used:
        iterate over it, or take `to_pandas()` or `to_arrow()`. Raises `ValueError` for an empty list.
        """
        parameters = {
            "region": _names(region),
            "source": source,
            "from": _day(start),
            "to": _day(end),
            "as_of": _day(as_of),
            "known_at": _day(known_at),
            "lag": lag,
            "fields": _names(fields),
            "limit": page_rows,
        }
        return Table(self._asking.get, "/v1/metrics", parameters)

    def corrections(
        self,
        region: str | Iterable[str] | None = None,
        source: str | Iterable[str] | None = None,
        kind: CorrectionKind | Iterable[CorrectionKind] | None = None,
        start: Day | None = None,
        end: Day | None = None,
        *,
        as_of: Moment | None = None,
        known_at: Moment | None = None,
    ) -> Table[Correction]:
        """The ledger of corrections: of the regions (None: Canada and its provinces), of days from `start` to
        `end`, included; `source`, `kind`: None for all. As it was known at a moment, and how the result is
        used: see `metrics`. Found anew in the log, which takes a second or so a region.
        """
        parameters = {
            "region": _names(region),
            "source": _names(source),
            "kind": _names(kind),
            "from": _day(start),
            "to": _day(end),
            "as_of": _day(as_of),
            "known_at": _day(known_at),
        }
        return Table(self._asking.get, "/v1/corrections", parameters)

    def disagreements(
        self,
        region: str | Iterable[str] | None = None,
        field: Field | Iterable[Field] | None = None,
        start: Day | None = None,
        end: Day | None = None,
        *,
        as_of: Moment | None = None,
        known_at: Moment | None = None,
    ) -> Table[Disagreement]:
        """The days on which PHAC and Johns Hopkins count differently; `field`: None for all counts. The rest
        is as for `corrections`."""
        parameters = {
            "region": _names(region),
            "field": _names(field),
            "from": _day(start),
            "to": _day(end),
            "as_of": _day(as_of),
            "known_at": _day(known_at),
        }
        return Table(self._asking.get, "/v1/disagreements", parameters)

    def nowcast(
        self,
        region: str | Iterable[str] | None = None,
        source: str = "phac",
        field: Field | Iterable[Field] | None = None,
        *,
        as_of: Moment | None = None,
        known_at: Moment | None = None,
    ) -> Table[Nowcast]:
        """The new counts of a source's latest days, as reported and as they are expected to stand later.

        `region`: None for Canada and its provinces. `field`: None for `confirmed` and `deaths`. `as_of`,
        `known_at`: see `metrics`. Raises `Problem` 422 for the source `merged`, which reports nothing itself.
        """
        parameters = {
            "region": _names(region),
            "source": source,
            "field": _names(field),
            "as_of": _day(as_of),
            "known_at": _day(known_at),
        }
        return Table(self._asking.get, "/v1/nowcast", parameters)

    def records(self, id: str, *, as_of: Moment | None = None, known_at: Moment | None = None) -> State:
        """One record as it stands, or as it was known (see `metrics`), by its id `source:region:date`.

        Raises `Problem` 404 `unknown-record`.
        """
        asked = {"id": id, "as_of": _day(as_of), "known_at": _day(known_at)}
        return cast(State, self._got("/v1/records", asked))

    def alerts(
        self,
        region: str | Iterable[str] | None = None,
        state: str | Iterable[str] | None = None,
        rule: str | Iterable[str] | None = None,
        start: Day | None = None,
        end: Day | None = None,
    ) -> list[Alert]:
        """What the rules of alerts say, the newest onset first: of the regions, states (`active`, `resolved`,
        `withdrawn`) and rules, None for all, with an onset from `start` to `end`, included."""
        asked = {
            "region": _names(region),
            "state": _names(state),
            "rule": _names(rule),
            "from": _day(start),
            "to": _day(end),
        }
        return cast("list[Alert]", self._got("/v1/alerts", asked)["data"])

    def history(self, id: str) -> History:
        """Every report, correction, deletion and withdrawal of a record, and by whom.

        Raises `Problem` 404 `unknown-record`, and 422 for the source `merged`, whose rows are computed.
        """
        return cast(History, self._got("/v1/records/history", {"id": id}))

    def revisions(self, id: str) -> Revisions:
        """Every value that a record has had, since when, and the report, person and file that it is from.

        Raises the same as `history`.
        """
        return cast(Revisions, self._got("/v1/revisions", {"id": id}))

    def explain(
        self, id: str, metric: str, *, as_of: Moment | None = None, known_at: Moment | None = None
    ) -> Explanation:
        """Why a record's count or metric is what it is, or was at a moment (see `metrics`): its formula, its
        inputs with their records, and the arithmetic.

        Raises `Problem` 404 `unknown-record`, and 422 for what is no metric.
        """
        asked = {"id": id, "metric": metric, "as_of": _day(as_of), "known_at": _day(known_at)}
        return cast(Explanation, self._got("/v1/explain", asked))

    @overload
    def post(self, records: Record, wait: float | None = WAIT_SECONDS) -> Written: ...
    @overload
    def post(self, records: Sequence[Record], wait: float | None = WAIT_SECONDS) -> list[Written]: ...
    def post(
        self, records: Record | Sequence[Record], wait: float | None = WAIT_SECONDS
    ) -> Written | list[Written]:
        """Insert or correct one record, or at most 1,000: all are written or, if any is invalid, none.

        Each stands over what the publishers report until it is withdrawn. `wait`: most seconds, up to 60, to
        wait until it is seen; None: return once it is in the log. Raises `Problem` 401 or 403 without a key
        that may write, 422 `invalid-record` with one of `members["errors"]` for each.
        """
        content = records if isinstance(records, Mapping) else list(records)
        answer = json_of(self._asking.ask("POST", "/v1/records", {"wait": wait}, content, wait or 0))
        if isinstance(records, Mapping):
            return cast(Written, answer)
        return cast("list[Written]", answer["records"])

    def delete(self, id: str, wait: float = WAIT_SECONDS) -> Deletion:
        """Delete a record, and wait up to `wait` seconds (at most 60) until it is seen to be gone.

        Raises `Problem` 404 `unknown-record` where there is none (also when the deletion was put off and had
        its effect all the same), 409 `newer-stands`, 401 or 403 without a key that may write.
        """
        parameters = {"id": id, "wait": wait}
        return cast(Deletion, json_of(self._asking.ask("DELETE", "/v1/records", parameters, wait=wait)))

    def withdraw(self, id: str, wait: float = WAIT_SECONDS) -> Withdrawal:
        """Undo every correction and deletion of a record: what the publishers report shows again.

        `wait`: most seconds, up to 60, to wait until it does. Raises `Problem` 401 or 403 without a key that
        may write.
        """
        parameters = {"id": id, "wait": wait}
        answer = self._asking.ask("POST", "/v1/records/withdraw", parameters, wait=wait)
        return cast(Withdrawal, json_of(answer))

    def stream(
        self,
        regions: str | Iterable[str] | None = None,
        sources: str | Iterable[str] | None = None,
        last_event_id: str | None = None,
    ) -> Stream:
        """Rows as they change, of these regions and sources (None: all), from now on.

        With the `last_event_id` of an earlier stream it goes on from there; where that is too far back, it
        begins with a `Reset`. Opened before it returns.
        """
        parameters = {"region": _names(regions), "source": _names(sources)}
        return Stream(self._asking, parameters, last_event_id)

    def _got(self, path: str, parameters: Parameters) -> Any:
        return json_of(self._asking.get(path, parameters))


def _names(given: str | Iterable[str] | None) -> list[str] | None:
    """Names as the API takes them. Raises `ValueError` for none: the API would take it for all."""
    if given is None:
        return None
    names = [given] if isinstance(given, str) else list(given)
    if not names:
        raise ValueError("an empty list chooses nothing; None stands for all")
    return names


def _day(given: Moment | None) -> str | None:
    return given.isoformat() if isinstance(given, dt.date) else given
