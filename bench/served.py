"""Programs that stay, and do a piece of work for every line that they are told."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Ask = Callable[[Any], Any]
_SECONDS = 30
_ANSWER_SECONDS = 900.0


@contextmanager
def asked(
    module: str, *arguments: str, environment: Mapping[str, str], log: Path, python: str = sys.executable
) -> Iterator[Ask]:
    """Run `python -m module`; what it gives takes a question (JSON) and returns the answer.

    Raises `RuntimeError` when the program ends instead of answering, which it is made to after 15 minutes;
    `log` says why.
    """
    with log.open("ab") as errors:
        process = subprocess.Popen(
            [python, "-m", module, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            env={**os.environ, **environment},
            text=True,
        )
    stdin, stdout = process.stdin, process.stdout
    assert stdin is not None
    assert stdout is not None

    def ask(question: Any) -> Any:
        deadline = threading.Timer(_ANSWER_SECONDS, process.kill)
        deadline.start()
        try:
            stdin.write(json.dumps(question) + "\n")
            stdin.flush()
            answer = stdout.readline()
        finally:
            deadline.cancel()
        if not answer:
            raise RuntimeError(f"{module} ended: {log.read_text(errors='replace')[-2000:]}")
        return json.loads(answer)

    try:
        yield ask
    finally:
        stdin.close()
        try:
            process.wait(_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        stdout.close()


def answering(work: Callable[[Any], Any]) -> None:
    """In the program: answer every line of standard input, until it ends."""
    for line in sys.stdin:
        print(json.dumps(work(json.loads(line))), flush=True)
