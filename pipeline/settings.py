"""The types that plugins may use to declare their settings.

A plugin's function declares its settings as keyword-only arguments annotated with these names (or with
`int`, `float`, `str`, `bool`, `Literal[...]`, `| None`). They are read from its source without importing it
(see `pipeline.params.registry`), so that checking params.yaml never loads TensorFlow.
"""

from typing import Annotated, Literal

from pydantic import Field

PositiveInt = Annotated[int, Field(gt=0)]
NonNegativeInt = Annotated[int, Field(ge=0)]
PositiveFloat = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NonNegativeFloat = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Fraction = Annotated[float, Field(ge=0, le=1)]

__all__ = ["Fraction", "Literal", "NonNegativeFloat", "NonNegativeInt", "PositiveFloat", "PositiveInt"]
