"""What the columns, statuses and sources are called and how each measure is computed, in English and French.

Pages, charts and documents take their words from here, so that a name, a unit or a formula is written once.
"""
