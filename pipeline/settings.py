"""The types that plugins may use to declare their settings.

A plugin's function declares its settings as keyword-only arguments annotated with these names (or with
`int`, `float`, `str`, `bool`, `Literal[...]`, `| None`). They are read from its source without importing it
(see `pipeline.params.registry`), so that checking params.yaml never loads TensorFlow.
"""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field


def _number(given: Any) -> Any:
    # `true` is 1 to Python, and a text of digits to pydantic.
    if isinstance(given, bool | str):
        raise ValueError("expected a number")
    return given


# Every number has an upper bound: what lies beyond could only end in a machine without memory, or without time.
Whole = Annotated[int, BeforeValidator(_number)]
Number = Annotated[float, BeforeValidator(_number)]
MOST, GREATEST = 1_000_000, 1e6
PositiveInt = Annotated[Whole, Field(gt=0, le=MOST)]
NonNegativeInt = Annotated[Whole, Field(ge=0, le=MOST)]
PositiveFloat = Annotated[Number, Field(gt=0, le=GREATEST)]
NonNegativeFloat = Annotated[Number, Field(ge=0, le=GREATEST)]
Fraction = Annotated[Number, Field(ge=0, le=1)]
# Of what is drawn at random: as many as all libraries take.
Seed = Annotated[Whole, Field(ge=0, lt=2**32)]
# Of a network: layers one after another, and channels or units of one.
Depth = Annotated[Whole, Field(gt=0, le=64)]
Width = Annotated[Whole, Field(gt=0, le=16_384)]
# Samples of a window or a step, and bins of a frame.
Window = Annotated[Whole, Field(gt=0, le=2**17)]
Bins = Annotated[Whole, Field(gt=0, le=4096)]
Hertz = Annotated[Whole, Field(gt=0, le=768_000)]

__all__ = [
    "Bins",
    "Depth",
    "Fraction",
    "Literal",
    "NonNegativeFloat",
    "NonNegativeInt",
    "PositiveFloat",
    "PositiveInt",
    "Width",
    "Window",
]
