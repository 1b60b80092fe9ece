"""Statements that make what a deployment must hold. The rest is tested on the real servers."""

from __future__ import annotations

import sqlglot

from covid_cli.provision import create_mssql_database


def test_a_database_of_sql_server_is_made_where_it_is_missing() -> None:
    statement = create_mssql_database("cov]id's")
    assert statement == "IF DB_ID(N'cov]id''s') IS NULL CREATE DATABASE [cov]]id's]"
    assert sqlglot.parse_one(create_mssql_database("covid"), dialect="tsql")
