"""Redshift's Data API: statements over HTTPS, by IAM, from where its private network cannot be reached."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, Final

import boto3

from covid_batch.redshift import statements
from covid_batch.stores.bucket import Bucket
from covid_batch.stores.errors import Unusable

_EVERY: Final = 1.0
_SECONDS: Final = 900.0
_RUNNING: Final = ("SUBMITTED", "PICKED", "STARTED")


class DataApi:
    """A workgroup (Serverless) or a cluster, one of the two, and a database of it."""

    def __init__(
        self,
        bucket: Bucket,
        *,
        region: str,
        database: str,
        role: str | None = None,
        workgroup: str | None = None,
        cluster: str | None = None,
    ) -> None:
        if (workgroup is None) == (cluster is None):
            raise Unusable("name a workgroup or a cluster, one of the two")
        self._bucket = bucket
        self._role = role
        self._where: dict[str, Any] = {"Database": database}
        if workgroup is not None:
            self._where["WorkgroupName"] = workgroup
        if cluster is not None:
            self._where["ClusterIdentifier"] = cluster
        self._client = boto3.client("redshift-data", region_name=region)

    def replace(self, objects: Mapping[str, str]) -> None:
        """Make the tables anew from Parquet objects (table → key), in one transaction.

        Raises `Unusable` where Redshift refuses a statement or takes longer than 15 minutes.
        """
        places = {table: self._bucket.url(key) for table, key in objects.items()}
        # A batch is a transaction: all of its statements take effect, or none.
        sent = self._client.batch_execute_statement(
            Sqls=statements.replace(places, self._role), **self._where
        )
        deadline = time.monotonic() + _SECONDS
        while (state := self._client.describe_statement(Id=sent["Id"]))["Status"] in _RUNNING:
            if time.monotonic() > deadline:
                self._client.cancel_statement(Id=sent["Id"])
                raise Unusable(
                    f"Redshift has not loaded the rows within {_SECONDS:.0f} s: nothing was changed"
                )
            time.sleep(_EVERY)
        if state["Status"] != "FINISHED":
            raise Unusable(f"Redshift has loaded nothing: {state.get('Error', state['Status'])}")
