"""The statuses of a count, and the sources of a row."""

from __future__ import annotations

from typing import Final

from covid_core.catalog.entries import Named, Text
from covid_core.records import MERGED, Status

STATUSES: Final[tuple[Named, ...]] = (
    Named(
        Status.MISSING,
        Text("Missing", "Manquant"),
        Text("The source left the cell blank.", "La source a laissé la case vide."),
    ),
    Named(
        Status.SUPPRESSED,
        Text("Suppressed", "Supprimé"),
        Text("The source withheld the number.", "La source n’a pas divulgué le nombre."),
    ),
    Named(
        Status.NOT_DUE,
        Text("No report due", "Aucun rapport prévu"),
        Text(
            "No report was due; the number is repeated from an earlier day.",
            "Aucun rapport n’était prévu; le nombre est repris d’un jour antérieur.",
        ),
    ),
    Named(
        Status.ENDED,
        Text("Ended", "Terminé"),
        Text("The source discontinued this series.", "La source a cessé de publier cette série."),
    ),
)
"""Why a count is not a plain number."""

SOURCES: Final[tuple[Named, ...]] = (
    Named(
        MERGED,
        Text("Merged", "Fusionnée"),
        Text(
            "computed, for Canada: of each field phac, then phac-weekly, and jhu outside both",
            "calculée, pour le Canada : pour chaque champ phac, puis phac-weekly, et jhu en dehors des deux",
        ),
    ),
    Named(
        "phac",
        Text("PHAC", "ASPC"),
        Text(
            "Public Health Agency of Canada, daily file",
            "Agence de la santé publique du Canada, fichier quotidien",
        ),
    ),
    Named(
        "phac-weekly",
        Text("PHAC, weekly", "ASPC, hebdomadaire"),
        Text(
            "Public Health Agency of Canada, weekly file",
            "Agence de la santé publique du Canada, fichier hebdomadaire",
        ),
    ),
    Named(
        "jhu",
        Text("JHU", "JHU"),
        Text(
            "Johns Hopkins University, Center for Systems Science and Engineering (CSSE)",
            "Université Johns Hopkins, Center for Systems Science and Engineering (CSSE)",
        ),
    ),
)
"""The publishers that the tracker reads, and the source that it computes; others name only themselves."""
