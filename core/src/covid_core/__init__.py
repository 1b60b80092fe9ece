"""The language of the COVID-19 tracker: records, merging, metrics, messages. No I/O, clock or environment."""
