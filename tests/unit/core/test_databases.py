"""URLs of databases: what a client could not read is told before any client sees it, without the password."""

from __future__ import annotations

from urllib.parse import quote, unquote, urlsplit

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import make_url

from covid_core import databases
from covid_core.environment import SettingsError, load
from covid_core.settings import IcebergSettings, RdsSettings, RedshiftSettings

PARTS = ("x7sec", "RETpart")
"""Of each password here: what stands before and after its trouble."""

URLS: list[tuple[type[msgspec.Struct], str, str]] = [
    (RdsSettings, "COVID_RDS_URL", "postgresql://covid:{}@db.example:5432/rds"),
    (RdsSettings, "COVID_RDS_URL", "mssql://covid:{}@db.example:1433/rds?trust=yes"),
    (RedshiftSettings, "COVID_REDSHIFT_URL", "redshift://covid:{}@db.example:5439/covid"),
    (IcebergSettings, "COVID_ICEBERG_URI", "postgresql+psycopg://covid:{}@db.example:5432/catalog"),
]

passwords = st.text(st.sampled_from("a1 %#?/@:[]=&,\n℀é") | st.characters(codec="utf-8"), max_size=12)


def no_file(path: str) -> str:
    raise FileNotFoundError(path)


def refusal(kind: type[msgspec.Struct], variable: str, url: str) -> str:
    with pytest.raises(SettingsError) as caught:
        load(kind, {variable: url}, no_file)
    return str(caught.value)


@pytest.mark.parametrize(("kind", "variable", "form"), URLS)
@pytest.mark.parametrize("between", ["%z", "%", "%00", "#", "?", "/", "@", " ", "[", "℀"])
def test_a_password_that_is_not_percent_encoded_is_told_without_any_of_it(
    kind: type[msgspec.Struct], variable: str, form: str, between: str
) -> None:
    said = refusal(kind, variable, form.format(between.join(PARTS)))
    assert said.startswith(f"{variable}: ")
    assert "percent-encode the password" in said
    assert not any(part in said for part in (*PARTS, "db.example"))


@pytest.mark.parametrize(("kind", "variable", "form"), URLS)
@pytest.mark.parametrize("port", ["SECRET", "0", "65536", "54 32", "-1"])
def test_a_port_that_is_no_number_is_told_without_it(
    kind: type[msgspec.Struct], variable: str, form: str, port: str
) -> None:
    url = form.format("s3cr3t").replace(urlsplit(form).netloc.rpartition(":")[2], port)
    said = refusal(kind, variable, url)
    assert said.startswith(f"{variable}: ")
    assert "SECRET" not in said
    assert "s3cr3t" not in said


@pytest.mark.parametrize(("kind", "variable", "form"), URLS)
def test_an_encoded_password_is_taken_whatever_it_holds(
    kind: type[msgspec.Struct], variable: str, form: str
) -> None:
    url = form.format(quote("x7%z#?/@: []℀é", safe=""))
    assert url in msgspec.structs.astuple(load(kind, {variable: url}, no_file))


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://db.example",
        "postgres://covid@db.example/rds?sslmode=require&connect_timeout=5",
        "postgresql://covid:a:b@[::1]:5432/rds",
        "postgresql://covid:s@one.example:5432,two.example:5433/rds?target_session_attrs=read-write",
        "postgresql:///rds?host=/run/postgresql",
        "sqlserver://sa:s@db.example/covid",
    ],
)
def test_what_the_clients_can_read_is_taken(url: str) -> None:
    assert load(RdsSettings, {"COVID_RDS_URL": url}, no_file).url == url


def test_a_catalog_in_a_file_has_no_password_to_look_at() -> None:
    uri = "sqlite:////data/50%/a@b.db"
    assert load(IcebergSettings, {"COVID_ICEBERG_URI": uri}, no_file).uri == uri


@pytest.mark.parametrize(
    "url", ["oracle://u:x7sec@h/d", "POSTGRESQL://u:x7sec@h/d", "x7sec", " postgresql://x7sec"]
)
def test_another_database_is_told_by_the_schemes_that_are_known(url: str) -> None:
    neither = "starts with neither mssql:// nor postgresql://"
    assert refusal(RdsSettings, "COVID_RDS_URL", url) == f"COVID_RDS_URL {neither}"
    neither = "starts with neither redshift:// nor postgresql://"
    assert refusal(RedshiftSettings, "COVID_REDSHIFT_URL", url) == f"COVID_REDSHIFT_URL {neither}"


def test_a_catalog_without_a_scheme_is_told_without_it() -> None:
    assert "x7sec" not in refusal(IcebergSettings, "COVID_ICEBERG_URI", "covid:x7sec@host/catalog")


@pytest.mark.parametrize(("kind", "variable", "form"), URLS[1:])
def test_several_hosts_are_for_the_client_of_postgresql_alone(
    kind: type[msgspec.Struct], variable: str, form: str
) -> None:
    assert "its port" in refusal(kind, variable, form.replace("db.example", "one.example:5432,db.example"))


@pytest.mark.parametrize("url", ["mssql://user:x7sec@host", "mssql://user:x7sec@host/", "mssql:///db"])
def test_a_url_of_sql_server_needs_a_host_and_a_database(url: str) -> None:
    said = refusal(RdsSettings, "COVID_RDS_URL", url)
    assert said == "COVID_RDS_URL: the URL of SQL Server is mssql://user:password@host:port/database"


@given(passwords)
@example("x7%qSECRET")
@example("12/a?b=c")
def test_what_is_taken_the_clients_read_alike(password: str) -> None:
    url = f"postgresql://covid:{password}@db.example:5432/rds"
    try:
        databases.check("COVID_RDS_URL", url, databases.POSTGRESQL)
    except SettingsError:
        return
    parts = urlsplit(url)
    wanted = {"host": "db.example", "port": "5432", "dbname": "rds", "user": "covid"}
    if password:
        wanted["password"] = unquote(password)
    found = conninfo_to_dict(url)
    assert {name: found[name] for name in found if found[name] != ""} == wanted
    assert (parts.hostname, parts.port, parts.path) == ("db.example", 5432, "/rds")
    assert make_url(url).host == "db.example"


@given(passwords)
def test_what_is_encoded_is_always_taken(password: str) -> None:
    encoded = quote(password.replace("\0", ""), safe="")
    databases.check("COVID_RDS_URL", f"postgresql://covid:{encoded}@db.example/rds", databases.POSTGRESQL)
