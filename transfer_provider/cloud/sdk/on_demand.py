"""What of the SDK is imported where it is first used: the models one by one, and aiohttp."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.abc import InspectLoader
from importlib.util import find_spec, module_from_spec
from types import ModuleType
from typing import Any

_MODELS = "alibabacloud_ecs20140526.models"
_EXPORT = re.compile(r"^from \.(\w+) import (\w+)$", re.MULTILINE)


def import_models_on_demand() -> None:
    """Put a package in the place of the SDK's that knows which module has which model, as the SDK's lists it."""
    spec = find_spec(_MODELS)
    loader = spec.loader if spec else None
    if _MODELS in sys.modules or spec is None or not isinstance(loader, InspectLoader):
        return
    module_of = {model: module for module, model in _EXPORT.findall(loader.get_source(_MODELS) or "")}
    package = module_from_spec(spec)

    def model(name: str) -> Any:
        if name in module_of:
            found = getattr(import_module(f"{_MODELS}.{module_of[name]}"), name)
            setattr(package, name, found)
            return found
        if name.startswith("__"):  # what Python itself asks of a module
            raise AttributeError(name)
        loader.exec_module(package)  # listed in another way: all of them, as the SDK does it
        if name not in vars(package):
            raise AttributeError(f"module {_MODELS!r} has no attribute {name!r}")
        return vars(package)[name]

    package.__dict__.update(__getattr__=model, __all__=list(module_of))
    sys.modules[_MODELS] = package
    vars(sys.modules[_MODELS.partition(".")[0]]).update(models=package)


@contextmanager
def aiohttp_on_demand() -> Iterator[None]:
    """What is imported meanwhile gets aiohttp at its first call of it; before that, only annotations may name it."""
    if "aiohttp" in sys.modules:
        yield
        return
    stand_in = ModuleType("aiohttp")
    vars(stand_in).update(__getattr__=lambda name: Any)
    sys.modules["aiohttp"] = stand_in
    try:
        yield
    finally:
        del sys.modules["aiohttp"]
        vars(stand_in).update(__getattr__=lambda name: getattr(import_module("aiohttp"), name))
