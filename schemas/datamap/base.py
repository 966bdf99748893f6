"""What every part of the data map is made of."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from schemas.values.specs import Scalar, Slug

__all__ = ["CollectionName", "Label", "MapModel", "RecipientName", "Scalar", "Slug"]


def _not_internal(name: str) -> str:
    if name.startswith(("system.", "dsr_")) or name.endswith("_usable"):
        raise ValueError("this name belongs to the database or to the workers")
    return name


CollectionName = Annotated[
    str,
    Field(pattern=r"^[^\W\d][\w-]*(\.[\w-]+)*$", max_length=120),
    AfterValidator(_not_internal),
]
RecipientName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,47}$")]


class MapModel(BaseModel):
    """Frozen, and an unknown key is an error: a misspelt rule must not be a missing one."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Label(MapModel):
    """What people read, in both languages."""

    ko: Annotated[str, Field(min_length=1, max_length=300)]
    en: Annotated[str, Field(min_length=1, max_length=300)]

    def text(self, language: str) -> str:
        """In that language; an unknown one falls back to Korean."""
        return self.en if language == "en" else self.ko
