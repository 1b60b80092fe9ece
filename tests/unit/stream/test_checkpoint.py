"""Where a generation keeps its checkpoint, and when another release wrote it."""

from __future__ import annotations

import pytest

from covid_core.control import Generation
from covid_core.region_state import STATE_FORMAT
from covid_core.settings import StreamSettings
from covid_stream.checkpoint import CheckpointUnreadable, checkpoint_of, foreign, logged_offsets


def test_a_checkpoint_is_one_folder_whatever_the_topics_id_is() -> None:
    settings = StreamSettings(checkpoint="/data/checkpoint")
    generation = Generation(generation=3, definition=1, partitions=6, topic_id="i1CYNiirR7O4hf8/8xvnug")
    wanted = f"/data/checkpoint/generation-3-i1CYNiirR7O4hf8_8xvnug-state-{STATE_FORMAT}"
    assert checkpoint_of(settings, generation) == wanted


def test_an_offset_log_is_read_in_the_version_that_is_known() -> None:
    entry = 'v1\n{"batchTimestampMs":1}\n{"covid.records":{"0":12,"3":4}}'
    assert logged_offsets(entry) == {0: 12, 3: 4}
    for other in (entry.replace("v1", "v2"), "", "{}"):
        with pytest.raises(ValueError, match="of version"):
            logged_offsets(other)


_QUERY = "[STREAM_FAILED] Query [id = 8cb7a586, runId = 5a] terminated with exception: "


@pytest.mark.parametrize(
    ("said", "condition"),
    [
        (
            "[INVALID_LOG_VERSION.MAX_SUPPORTED_VERSION] UnsupportedLogVersion. The maximum supported log "
            "version is v1, but encountered v9. SQLSTATE: KD002",
            "INVALID_LOG_VERSION.MAX_SUPPORTED_VERSION",
        ),
        (
            "Job aborted due to stage failure: Task 0 in stage 1.0 failed 1 times: [CANNOT_LOAD_STATE_STORE."
            "INVALID_CHANGE_LOG_READER_VERSION] An error occurred during loading state. The change log "
            "reader version cannot be 9. SQLSTATE: 58030\n\tat org.apache.spark",
            "CANNOT_LOAD_STATE_STORE.INVALID_CHANGE_LOG_READER_VERSION",
        ),
        (
            "[STATE_STORE_VALUE_SCHEMA_NOT_COMPATIBLE] Provided value schema does not match. SQLSTATE: XXKST",
            "STATE_STORE_VALUE_SCHEMA_NOT_COMPATIBLE",
        ),
    ],
)
def test_of_another_releases_checkpoint_spark_says_so(said: str, condition: str) -> None:
    why = foreign(_QUERY + said, "/c")
    assert why is not None
    assert why.startswith(f"{condition}: ")
    assert "SQLSTATE" not in why
    assert "\n" not in str(CheckpointUnreadable("/c", why))


@pytest.mark.parametrize(
    "said",
    [
        "[CANNOT_LOAD_STATE_STORE.ROCKSDB_STORE_PROVIDER_OUT_OF_MEMORY] An error occurred.",
        "[CANNOT_LOAD_STATE_STORE.UNCATEGORIZED] An error occurred during loading state.",
        "Timed out waiting for a node assignment",
        "File file:/c/state/0/_stateSchema/default/0_76db does not exist SQLSTATE: XXKST",
    ],
)
def test_what_may_pass_by_itself_costs_no_checkpoint(said: str) -> None:
    assert foreign(_QUERY + said, "/c") is None


@pytest.mark.parametrize(
    "said", ["File {} does not exist SQLSTATE: XXKST", "mkdir of {} failed SQLSTATE: XXKST"]
)
def test_a_checkpoint_that_was_moved_is_told_by_the_file_that_it_names(said: str) -> None:
    named = "file:/before/generation-1-x-state-1/state/0/_stateSchema/default/0_76db"
    why = foreign(_QUERY + said.format(named), "/now/generation-1-x-state-1")
    assert why is not None
    assert named in why
