"""What went wrong in Spark or in a file system, as one sentence that says what to do."""

from __future__ import annotations

import re
from typing import Final

from covid_core.errors import first_line

_PLACE: Final = re.compile(r"\b(?:s3a?|hdfs)://[^\s:;,'\")\]]+")

_CALL: Final = re.compile(r"^An error occurred while calling \S+?\.\n")

_KNOWN: Final = (
    (
        re.compile(r"NoAuthWithAWSException|NoAwsCredentialsException|Unable to load credentials"),
        "no AWS credentials were found for {place}: give the machine a role, or set AWS_ACCESS_KEY_ID and "
        "AWS_SECRET_ACCESS_KEY",
    ),
    (
        re.compile(r"AccessDenied|Status Code: 403|InvalidAccessKeyId|SignatureDoesNotMatch"),
        "S3 refused the credentials for {place}: check the role's policy, or AWS_ACCESS_KEY_ID and "
        "AWS_SECRET_ACCESS_KEY",
    ),
    (
        re.compile(r"UnknownStoreException|NoSuchBucket|bucket does not exist", re.IGNORECASE),
        "there is no bucket for {place}: check its name, or make it",
    ),
    (
        re.compile(r"PATH_NOT_FOUND|Path does not exist"),
        "nothing is at {place}: check the bucket's name and the path, or copy the files there",
    ),
    (
        re.compile(
            r"UnknownHostException|ConnectException|Connection refused|Unable to execute HTTP request"
        ),
        "{place} cannot be reached: check that its server runs and that the network lets this machine in",
    ),
    (
        re.compile(r"ExecutorLostFailure|executor .* exited|Master removed our application|All masters are"),
        "workers died while they computed, and nothing was written: see their logs, give them more memory "
        "(spark.executor.memory), then run it again",
    ),
)


def sentence(error: BaseException) -> str:
    """The first that is known of the error and its causes, else the error's own first line.

    Java's exceptions come as text, with those that caused them.
    """
    text = str(error)
    for pattern, words in _KNOWN:
        if pattern.search(text):
            found = _PLACE.search(text)
            return words.format(place=found[0] if found else "the files")
    # Py4J says first which of its calls it was, and then what Java says.
    return first_line(error, _CALL.sub("", text).lstrip(": "))
