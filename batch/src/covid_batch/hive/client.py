"""Hive's tables through HiveServer2, the protocol of Hive and of Spark's Thrift server."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import SplitResult, unquote, urlsplit

from impala.dbapi import connect
from impala.error import HiveServer2Error
from impala.error import OperationalError as ImpalaError
from thrift.transport.TTransport import TTransportException

from covid_batch.hive.tables import DATABASE
from covid_batch.stores.answers import Result
from covid_batch.stores.errors import Unusable
from covid_core import databases
from covid_core.environment import SettingsError
from covid_core.errors import first_line

PORT: Final = 10000
_SCHEME: Final = "hive2"
_SECONDS: Final = 300


class HiveServer2:
    """A connection to `hive2://[USER[:PASSWORD]@]HOST[:PORT]`, user and password percent-encoded.

    Methods raise `Unusable`, in words that hold nothing of the password.
    """

    def __init__(self, url: str) -> None:
        parts = _parts(url)
        self._url = f"{_SCHEME}://{parts.hostname}:{parts.port or PORT}"
        self._connection = self._connect(parts)

    def ask(self, query: str) -> Result:
        """A query's answer."""
        # Otherwise it asks for the query's log first, which Spark's server does not keep.
        cursor = self._connection.cursor(close_finished_queries=False)
        try:
            cursor.execute(query)
            # Hive prefixes a column with its table where it may.
            columns = [str(column[0]).rpartition(".")[2] for column in cursor.description]
            return Result(columns, cursor.fetchall())
        except (HiveServer2Error, ImpalaError) as error:
            raise Unusable(f"{self._url} refused a query: {first_line(error)}") from error
        except (TTransportException, OSError) as error:
            raise Unusable(
                f"{self._url} hung up: see the server's log, then ask again ({first_line(error)})"
            ) from error
        finally:
            cursor.close()

    def close(self) -> None:
        """End the session."""
        self._connection.close()

    def _connect(self, parts: SplitResult) -> Any:
        try:
            return connect(
                host=parts.hostname,
                port=parts.port or PORT,
                database=DATABASE,
                # What both servers call NONE: any name and any password but an empty one.
                auth_mechanism="PLAIN",
                user=unquote(parts.username or DATABASE),
                password=unquote(parts.password or DATABASE),
                timeout=_SECONDS,
            )
        except (TTransportException, OSError) as error:
            raise Unusable(
                f"no HiveServer2 answers at {self._url} ({first_line(error)}): "
                "`covid batch hive serve` starts one"
            ) from error
        except HiveServer2Error as error:
            raise Unusable(
                f"{self._url} has no database {DATABASE}: `covid batch hive run` makes it "
                f"({first_line(error)})"
            ) from error


def _parts(url: str) -> SplitResult:
    other = Unusable(f"--url is no address of a HiveServer2: write {_SCHEME}://HOST:{PORT}")
    if not url.startswith(f"{_SCHEME}://"):
        raise other
    try:
        databases.check("--url", url)
    except SettingsError as error:
        raise Unusable(str(error)) from None
    parts = urlsplit(url)
    if not parts.hostname:
        raise other
    return parts
