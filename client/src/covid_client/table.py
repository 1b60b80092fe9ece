"""Lines of an answer that has several forms, a page at a time."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import TYPE_CHECKING, Generic, TypeVar

import httpx

from covid_client.asking import Get, Parameters, json_of

if TYPE_CHECKING:
    import pandas
    import pyarrow

Line = TypeVar("Line")


class Table(Generic[Line]):
    """The lines that were asked for, in the API's order. Nothing is asked before they are wanted.

    Every use asks anew, page by page: what changes meanwhile is seen as it is when its page is read. Each
    method raises `Problem` (422 `unknown-region`, `unknown-field`, `invalid-parameter`) or `Unreachable`.
    """

    def __init__(self, get: Get, path: str, parameters: Parameters) -> None:
        self._get = get
        self._path = path
        self._parameters = parameters

    def __iter__(self) -> Iterator[Line]:
        """The lines as JSON has them, dates as texts."""
        cursor = None
        while True:
            page = json_of(self._page("json", cursor))
            yield from page["data"]
            cursor = page["next"]
            if cursor is None:
                return

    def to_arrow(self) -> pyarrow.Table:
        """One Arrow table, typed by the API: `date32` days, `int64` counts, `float64` metrics, real nulls.

        A field's metadata has its `description` and `unit`. Raises `ImportError` without the extra `arrow`.
        """
        # Extras, and slow to import: only who asks for a table pays.
        import pyarrow as pa
        from pyarrow import parquet

        tables = []
        cursor = None
        while True:
            answer = self._page("parquet", cursor)
            tables.append(parquet.read_table(io.BytesIO(answer.content)))
            cursor = _following(answer)
            if cursor is None:
                return pa.concat_tables(tables)

    def to_pandas(self) -> pandas.DataFrame:
        """One data frame with a plain index; `date` is `datetime64`.

        Numbers have pandas' nullable types `Int64` and `Float64`: a count that nobody reported is `<NA>`, not
        zero, and the others stay whole. Raises `ImportError` without the extra `pandas`.
        """
        import pandas as pd
        import pyarrow as pa

        types = {pa.string(): pd.StringDtype(), pa.int64(): pd.Int64Dtype(), pa.float64(): pd.Float64Dtype()}
        frame: pandas.DataFrame = self.to_arrow().to_pandas(types_mapper=types.get, date_as_object=False)
        return frame

    def _page(self, form: str, cursor: str | None) -> httpx.Response:
        return self._get(self._path, {**self._parameters, "format": form, "cursor": cursor})


def _following(answer: httpx.Response) -> str | None:
    """The cursor of the next page, which stands in the header `Link` (RFC 8288)."""
    link = answer.links.get("next")
    return None if link is None else httpx.URL(link["url"]).params["cursor"]
