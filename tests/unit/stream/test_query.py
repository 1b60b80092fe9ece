"""Where a generation keeps its checkpoint."""

from __future__ import annotations

from covid_core.control import Generation
from covid_core.settings import StreamSettings
from covid_stream.query import checkpoint_of


def test_a_checkpoint_is_one_folder_whatever_the_topics_id_is() -> None:
    settings = StreamSettings(checkpoint="/data/checkpoint")
    generation = Generation(generation=3, definition=1, partitions=6, topic_id="i1CYNiirR7O4hf8/8xvnug")
    assert checkpoint_of(settings, generation) == "/data/checkpoint/generation-3-i1CYNiirR7O4hf8_8xvnug"
