"""What the help of each command shows as lines to copy: a test has the parser of each read them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

Words = tuple[str, ...]
"""A command: its name and its parents' names, `covid` left out."""

EXAMPLES: Final[Mapping[Words, tuple[str, ...]]] = {
    ("up",): ("covid up --data ../files", "covid up --detach --port 9000 --home ~/second"),
    ("warm",): ("covid warm",),
    ("down",): ("covid down", "covid down --home ~/second --json"),
    ("status",): ("covid status", "covid status --json | jq -r .stores.rds.url"),
    ("doctor",): ("covid doctor", "covid doctor --json"),
    ("init",): (
        "covid init",
        "COVID_KAFKA_BOOTSTRAP=broker:9092 covid init",
        "covid init --only bucket --only databases",
    ),
    ("query",): (
        "covid query CA-ON",
        "covid query CA-ON --source phac --from 2021-01-01 --to 2021-01-31 --fields deaths,new_deaths",
        "covid query CA --as-of 2021-02-01 --format csv",
    ),
    ("chart",): (
        "covid chart CA-QC",
        "covid chart CA-ON --metric incidence_7d --from 2021-09-01 --output ontario.png",
    ),
    ("delete",): ("covid delete my-lab:CA-NU:2021-01-03",),
    ("keys", "create"): ("covid keys create 'Nunavut lab' --scope write",),
    ("keys", "list"): ("covid keys list", "covid keys list --file keys --json"),
    ("keys", "revoke"): ("covid keys revoke 1c0cacb1",),
    ("verify",): (
        "covid verify",
        "covid verify --wait 300 --repair",
        "covid verify --stores rds,redshift --json",
    ),
    ("rebuild",): ("covid rebuild rds", "covid rebuild s3 --region CA-ON --region CA-QC --wait 300"),
    ("alerts", "list"): ("covid alerts list --state active", "covid alerts list --region CA-ON --json"),
    ("alerts", "check"): ("covid alerts check rules.toml", "covid alerts check rules.toml --json"),
    ("alerts", "backtest"): (
        "covid alerts backtest --from 2021-01-01 --to 2021-12-31",
        "covid alerts backtest --rules rules.toml --json",
    ),
    ("nowcast", "show"): (
        "covid nowcast show CA-ON",
        "covid nowcast show US --source jhu --field deaths --as-of 2021-01-22 --json",
    ),
    ("nowcast", "backtest"): ("covid nowcast backtest", "covid nowcast backtest ../files --json"),
    ("dlq", "list"): ("covid dlq list", "covid dlq list --of metrics --since 2026-01-31 --json"),
    ("dlq", "show"): ("covid dlq show covid.records:0:4711",),
    ("dlq", "replay"): (
        "covid dlq replay covid.records:0:4711",
        "covid dlq replay --of metrics --all --dry-run",
    ),
    ("dlq", "drop"): ("covid dlq drop --reason bad_json --until 2026-01-31",),
    ("batch", "local"): ("covid batch local ../files --out out",),
    ("batch", "emr"): ("covid batch emr ../files --out out",),
    ("batch", "stream"): ("covid batch stream ../files --out out",),
    ("batch", "tableau"): (
        "covid batch tableau hive/warehouse/covid.db/batch_metrics --against ../files --out tableau",
    ),
    ("batch", "apigateway"): ("covid batch apigateway ../files --region CA-PE",),
    ("batch", "databricks"): ("covid batch databricks ../files --out out --region CA-ON",),
    ("batch", "lambda"): ("covid batch lambda ../files --out charts --region CA-QC --language fr",),
    ("batch", "run-all"): ("covid batch run-all ../files --out out",),
    ("batch", "hive", "run"): ("covid batch hive run ../files --out hive",),
    ("batch", "hive", "serve"): ("covid batch hive serve --out hive",),
    ("batch", "hive", "query"): ("covid batch hive query --out hive",),
    ("batch", "pipeline", "run"): ("covid batch pipeline ../files --out out",),
    ("batch", "pipeline", "put"): ("covid batch pipeline put --set myBucket=lake --set mySubnet=subnet-1",),
    ("batch", "pipeline", "activate"): ("covid batch pipeline activate",),
    ("batch", "pipeline", "status"): ("covid batch pipeline status",),
    ("batch", "glue", "crawl"): ("covid batch glue crawl ../files",),
    ("batch", "glue", "run"): ("covid batch glue run ../files --out out",),
    ("batch", "redshift", "load"): ("covid batch redshift load out/rows --against ../files",),
    ("batch", "redshift", "analyse"): ("covid batch redshift analyse --out answers",),
    ("batch", "redshift", "unload"): ("covid batch redshift unload daily",),
    ("batch", "sqlserver", "import"): ("covid batch sqlserver import out/rows --against ../files",),
    ("batch", "sqlserver", "query"): ("covid batch sqlserver query --out answers",),
    ("stream", "watch"): ("covid stream watch", "covid stream watch --once --json"),
    ("kafka",): (
        "covid kafka console-producer --topic covid.records",
        "covid kafka console-consumer --topic covid.records --from-beginning --max-messages 5",
        "covid kafka consumer-groups --describe --all-groups",
    ),
}
"""By command. `publish`, `backfill`, `restore` and `maintain` hand their arguments on, to processes with
examples of their own."""


def shown(command: Any, words: Words) -> Any:
    """The command, its subcommands included, with its examples below its help."""
    if words in EXAMPLES:
        # \b: the lines stay as they are.
        command.epilog = "\b\nExamples:\n" + "\n".join(f"  {line}" for line in EXAMPLES[words])
    for name, one in getattr(command, "commands", {}).items():
        shown(one, (*words, name))
    return command
