"""What Alibaba Cloud publishes of its actions: names, types and which parameters are required, from its SDK's models.

The models are generated, all in the same way: the types are annotations of `__init__`, a comment there marks what is
required, and `to_map` writes each attribute under its name on the wire.
"""

from __future__ import annotations

import importlib
import inspect
import re
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any

MODELS = {
    "Ecs": "alibabacloud_ecs20140526.models",
    "Sts": "alibabacloud_sts20150401.models",
    "Vpc": "alibabacloud_vpc20160428.models",
}

_REQUIRED = "This parameter is required."


@dataclass(frozen=True)
class Many:
    """A list whose entries are of one type."""

    of: Published


@dataclass(frozen=True)
class Record:
    """An object: the type of each field by its name on the wire, and which of them are required."""

    fields: Mapping[str, Published]
    required: frozenset[str]


# A scalar is the type that its JSON is read as: str, int, float or bool.
Published = type[Any] | Many | Record


def request(product: str, action: str) -> Record | None:
    """The parameters of an action; None where it is not published. An action without any has no model for them."""
    model = getattr(_models(product), f"{action}Request", None)
    if model is None:
        return Record({}, frozenset()) if answer(product, action) else None
    return _record(model)


def answer(product: str, action: str) -> Record | None:
    """The fields of an action's answer; None where it is not published."""
    model = answer_model(product, action)
    return _record(model) if model else None


def answer_model(product: str, action: str) -> type[Any] | None:
    """The SDK's model of an action's answer; None where it is not published."""
    return getattr(_models(product), f"{action}ResponseBody", None)


def _models(product: str) -> ModuleType:
    return importlib.import_module(MODELS[product])


def _record(model: type[Any]) -> Record:
    annotations = typing.get_type_hints(model.__init__, vars(inspect.getmodule(model)))
    names = _names_on_the_wire(model, annotations)
    required = {names[attribute] for attribute in _required(model)}
    return Record({names[key]: _published(value) for key, value in annotations.items()}, frozenset(required))


def _published(annotation: Any) -> Published:
    if typing.get_origin(annotation) is list:
        (of,) = typing.get_args(annotation)
        return Many(_published(of))
    if annotation in (str, int, float, bool):
        return typing.cast(type[Any], annotation)
    if isinstance(annotation, type) and hasattr(annotation, "to_map"):
        return _record(annotation)
    raise TypeError(f"the models have a type that is read by nobody here: {annotation}")


class _Marker:
    """Stands for the value of an attribute, whatever its type: an entry of itself, and its own map."""

    def to_map(self) -> _Marker:
        return self

    def __iter__(self) -> Iterator[_Marker]:
        yield self


def _names_on_the_wire(model: type[Any], attributes: Mapping[str, Any]) -> dict[str, str]:
    markers = {attribute: _Marker() for attribute in attributes}
    written = model(**markers).to_map()
    attribute_of = {id(marker): attribute for attribute, marker in markers.items()}
    return {attribute_of[id(value[0] if isinstance(value, list) else value)]: name for name, value in written.items()}


def _required(model: type[Any]) -> Iterator[str]:
    comments = ""
    for line in inspect.getsource(model.__init__).splitlines():
        assigned = re.match(r"\s+self\.(\w+) = ", line)
        if assigned and _REQUIRED in comments:
            yield assigned[1]
        comments = "" if assigned else comments + line
