"""In which order changes are sent, and from which one on Lambda is told to try again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from covid_batch.aws_lambda.changes import Changes, Outgoing
from covid_core import dlq, records, topics

NOW = dt.datetime(2021, 3, 1, 12, tzinfo=dt.UTC)
A, B = "phac:CA-ON:2021-01-02", "phac:CA-QC:2021-01-02"


class Recorder:
    """Keeps what is sent, and confirms all but what a test names by place."""

    def __init__(self, refusing: Sequence[int] = ()) -> None:
        self.waves: list[Sequence[Outgoing]] = []
        self._refusing = refusing

    def send(self, messages: Sequence[Outgoing]) -> Sequence[Outgoing]:
        self.waves.append(messages)
        return [message for message in messages if message.place in self._refusing]

    def said(self) -> list[list[tuple[str, str]]]:
        return [[(_kind(message), message.key.decode()) for message in wave] for wave in self.waves]


def _kind(message: Outgoing) -> str:
    if message.topic != topics.RECORDS:
        return "letter"
    record = records.decode(message.value, NOW)
    return "deletion" if record.deleted else "withdrawal" if record.withdrawn else f"{record.confirmed}"


def image(key: str, **counts: int) -> dict[str, Any]:
    return {"id": {"S": key}, **{name: {"N": str(value)} for name, value in counts.items()}}


def batch(*changes: tuple[str, Any, Any]) -> Any:
    found = []
    for number, (key, old, new) in enumerate(changes):
        data = {"Keys": {"id": {"S": key}}, "SequenceNumber": str(100 + number)}
        data |= {"OldImage": old} if old else {}
        data |= {"NewImage": new} if new else {}
        name = "REMOVE" if new is None else "INSERT" if old is None else "MODIFY"
        arn = "arn:aws:dynamodb:ca-central-1:1:table/covid_inbox/stream/2026"
        source = {"eventSource": "aws:dynamodb", "eventSourceARN": arn}
        found.append({"eventID": f"e{number}", "eventName": name, **source, "dynamodb": data})
    return {"Records": found}


def handle(log: Recorder, *changes: tuple[str, Any, Any]) -> list[str]:
    answer = Changes(log, "covid_inbox", lambda: NOW).handle(batch(*changes))
    return [each["itemIdentifier"] for each in answer["batchItemFailures"]]


WRITTEN = (A, None, image(A, confirmed=1))
DELETED = (A, image(A, confirmed=1), None)
AGAIN = (A, None, image(A, confirmed=2))
OTHER = (B, None, image(B, confirmed=7))


def test_records_of_one_id_are_sent_one_after_the_other() -> None:
    log = Recorder()
    assert handle(log, WRITTEN, DELETED, AGAIN, OTHER) == []
    assert log.said() == [[("1", "CA-ON"), ("7", "CA-QC")], [("deletion", "CA-ON")], [("2", "CA-ON")]]


def test_a_withdrawal_goes_before_its_correction() -> None:
    log = Recorder()
    assert handle(log, (A, image(A, confirmed=1, deaths=1), image(A, confirmed=3))) == []
    assert log.said() == [[("withdrawal", "CA-ON")], [("3", "CA-ON")]]


def test_after_a_failure_nothing_that_was_not_sent_is_passed_over() -> None:
    log = Recorder(refusing=[3])
    # The fourth change failed in the first wave, when the second and third had not been sent yet.
    assert handle(log, WRITTEN, DELETED, AGAIN, OTHER) == ["101"]
    assert len(log.waves) == 1


def test_who_wrote_it_and_in_which_request() -> None:
    log = Recorder()
    told = image(A, confirmed=1) | {"actor": {"S": "somebody"}, "request_id": {"S": "r1"}}
    handle(log, (A, None, told), DELETED)
    assert log.waves[0][0].headers == {"actor": b"somebody", "request_id": b"r1"}
    assert log.waves[1][0].headers == {"actor": b"inbox", "request_id": b"e1"}


def test_what_is_no_record_is_a_dead_letter_and_the_rest_goes_on() -> None:
    log = Recorder()
    bad = "phac:CA-XX:2021-01-02"
    assert handle(log, (bad, None, image(bad, confirmed=1)), OTHER) == []
    letter, record = log.waves[0]
    assert (letter.topic, record.topic) == (topics.RECORDS_DLQ, topics.RECORDS)
    told = dlq.decode(letter.value)
    assert (told.code, told.origin.id) == ("unknown_region", "covid_inbox:100")
    assert b"CA-XX" in told.raw
