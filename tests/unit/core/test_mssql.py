"""SQL Server's URL as its client wants it."""

from __future__ import annotations

from covid_core import mssql


def test_every_part_of_the_url_arrives_and_nothing_breaks_out_of_its_value() -> None:
    text = mssql.connection_string("mssql://us%40er:p%7D;x%3D1@db.example:1444/covid?trust=yes")
    assert text == (
        "Server={db.example,1444};Database={covid};UID={us@er};PWD={p}};x=1};"
        "Encrypt={yes};TrustServerCertificate={yes}"
    )


def test_a_certificate_is_checked_unless_told_otherwise() -> None:
    assert "TrustServerCertificate={no}" in mssql.connection_string("mssql://u:p@h/db")


def test_another_database_of_the_same_server() -> None:
    assert "Database={master}" in mssql.connection_string("mssql://u:p@h/db", "master")
