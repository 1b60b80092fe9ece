"""`python -m tests.fuzz TARGET RUNS`: coverage-guided fuzzing by atheris, which makes no end after an error.

The inputs that led to something new are kept in build/fuzz/TARGET and begin the next run; one that fails is
kept beside them.
"""

from __future__ import annotations

import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["covid_core"]):
    from tests.fuzz.targets import TARGETS, seeds

LONGEST_BYTES = 4096
LONGEST_SECONDS = 10
"""One input takes milliseconds: whatever takes longer hangs."""


def main(name: str, runs: str) -> None:
    """Fuzz one target. libFuzzer ends the process: 0 when nothing was found."""
    corpus = Path("build", "fuzz", name)
    corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(seeds(name)):
        TARGETS[name](seed)
        (corpus / f"seed-{number}").write_bytes(seed)
    options = [
        f"-runs={runs}",
        f"-max_len={LONGEST_BYTES}",
        f"-timeout={LONGEST_SECONDS}",
        f"-artifact_prefix={corpus.parent}/{name}-",
        "-print_final_stats=1",
        "-verbosity=1",
    ]
    print(f"{name}: {runs} inputs", flush=True)
    atheris.Setup([sys.argv[0], *options, str(corpus)], TARGETS[name])
    atheris.Fuzz()


if __name__ == "__main__":
    main(*sys.argv[1:])
