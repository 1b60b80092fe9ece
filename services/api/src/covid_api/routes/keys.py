"""Which keys there are, for those who look after them."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from covid_api.auth import Admin
from covid_api.deps import Parts
from covid_api.openapi.records import KEYS_RESPONSES

router = APIRouter(prefix="/v1/keys", tags=["operations"])


@router.get("", summary="The keys, by id and never by text", responses=KEYS_RESPONSES)
async def keys(parts: Parts, _: Admin) -> dict[str, Any]:
    """Every key, also revoked ones. A write's `actor` is `api:` and the id of its key."""
    return {
        "data": [
            {
                "id": key.id,
                "name": key.name,
                "scope": key.scope.value,
                "created": key.created and key.created.isoformat(),
                "revoked": key.revoked and key.revoked.isoformat(),
            }
            for key in parts.keys.current()
        ]
    }
