"""The field types that all models of what users declare share, and what is reported where a field is wrong.

Formats follow Alibaba Cloud's ids as its documents show them. A field's description is also what an error message asks
for, so each reads on from "give".
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Annotated, Any, Literal, TypeVar, get_args

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails, PydanticCustomError

STRICT = ConfigDict(extra="forbid", frozen=True, strict=True, hide_input_in_errors=True)

# An integer above this is not exact as a float, and Pulumi carries every number as a float.
LARGEST_EXACT = 2**53

Names = TypeVar("Names", bound=Sequence[str])

EXPLAINED = "explained"  # the type of errors that come with their own explanation


def invalid(explanation: str) -> PydanticCustomError:
    """An error with its own explanation, as `what is wrong; what to do`."""
    return PydanticCustomError(EXPLAINED, "{explanation}", {"explanation": explanation})


def _account_id(value: Any) -> Any:
    """An account id given as a number is meant as its digits, where those survived."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return value
    if isinstance(value, float) and not (value.is_integer() and abs(value) <= LARGEST_EXACT):
        raise invalid("is a number that lost digits; put the account id in quotes")
    if not isinstance(value, str):
        # Of a number with more digits the text is not needed, and of a huge one it can't be made.
        value = str(int(value)) if abs(value) < 10**16 else ""
    if re.fullmatch("0[0-9]{15}", value):
        raise invalid("begins with 0, as no account id does; give the 16 digits as the console shows them, in quotes")
    return value


def _digits(value: Any) -> Any:
    """In a file an account id is never a number with a point or an exponent, such as 1e15."""
    if isinstance(value, float):
        raise invalid("is a number with a point or an exponent; give the 16 digits of the account id, in quotes")
    return value


def _one_line(value: Any) -> Any:
    if isinstance(value, str) and not value.isprintable():
        raise invalid("has a line break, or a control or invisible character; write one line of plain text")
    if isinstance(value, str) and value != value.strip():
        raise invalid("starts or ends with a blank; remove it")
    return value


def each_once(what: str) -> AfterValidator:
    """For a list of names: an error where one is listed twice; `what` they name, such as `a security group`."""

    def check_once(names: Names) -> Names:
        if len(set(names)) < len(names):
            raise invalid(f"names {what} twice; name each once")
        return names

    return AfterValidator(check_once)


Line = BeforeValidator(_one_line)
WrittenInDigits = BeforeValidator(_digits)

AccountId = Annotated[str, Field(pattern=r"^[1-9][0-9]{15}$"), BeforeValidator(_account_id)]
Region = Annotated[str, Field(pattern=r"^[a-z]{2}(-[a-z0-9]+)+$")]
InstanceId = Annotated[str, Field(pattern=r"^i-[0-9a-z]{6,40}$")]
VSwitchId = Annotated[str, Field(pattern=r"^vsw-[0-9a-z]{4,60}$")]
VpcId = Annotated[str, Field(pattern=r"^vpc-[0-9a-z]{4,60}$")]
SecurityGroupId = Annotated[str, Field(pattern=r"^sg-[0-9a-z]{4,60}$")]
ResourceGroupId = Annotated[str, Field(pattern=r"^rg-[0-9a-z]{4,40}$")]
TransferId = Annotated[str, Field(pattern=r"^it-[0-9a-z]{4,60}$")]
Channel = Literal["api", "console"]
HandoverChannel = Literal["api", "console", "image"]

# Valid values that stand in for what a preview does not know yet, while the rest is checked; of required keys only.
STAND_INS: dict[str, Any] = {
    "instance_id": "i-000000",
    "region": "cn-hangzhou",
    "recipient_account_id": "1000000000000000",
    "accept_terms": True,
    "vswitch_id": "vsw-0000",
    "security_group_ids": ["sg-0000"],
}


def validate(
    given: dict[str, Any], unknown: Collection[str], model: type[BaseModel]
) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    """Check a resource's inputs: the inputs in their settled form, and each problem as (key, what to do).

    What is in `unknown` is taken as it is, with a stand-in while the rest is checked; a preview can't judge it.
    """
    known = {key: value for key, value in given.items() if key not in unknown}
    standing_in = {key: value for key, value in STAND_INS.items() if key in unknown}
    try:
        settled = model(**standing_in | known)
    except ValidationError as error:
        wrong = error.errors(include_input=False, include_url=False)
        return given, [(str(details["loc"][0]), explain(details, model)) for details in wrong]
    return given | settled.model_dump(include=known.keys() | ({"channel"} - set(unknown))), []


Entry = TypeVar("Entry", bound=BaseModel)
KeyPath = tuple[str | int, ...]


def check(model: type[Entry], values: Mapping[str, Any]) -> tuple[Entry | None, dict[KeyPath, str]]:
    """A mapping of a file as the model, and every problem by the path of its key.

    A key with nothing after it is a problem: it was more likely left unfinished than meant as left out.
    """
    checked, wrong, unknown = None, dict[KeyPath, str](), set[KeyPath]()
    try:
        checked = model(**values)
    except ValidationError as error:
        for details in error.errors(include_input=False, include_url=False):
            wrong.setdefault(details["loc"], explain(details, model))
            if details["type"] == "extra_forbidden":
                unknown.add(details["loc"])
    for path in _empty(values):
        if path not in unknown and not any(path[:length] in wrong for length in range(1, len(path))):
            wrong[path] = f"is empty; {_give(path, model)}"
    return (None if wrong else checked), wrong


def _empty(value: Any, path: KeyPath = ()) -> Iterator[KeyPath]:
    """The paths of all keys with nothing after them."""
    if value is None:
        yield path
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _empty(inner, (*path, key))
    elif isinstance(value, list):
        for position, inner in enumerate(value):
            yield from _empty(inner, (*path, position))


def explain(error: ErrorDetails, model: type[BaseModel]) -> str:
    """One of pydantic's errors as `what is wrong; what is allowed`.

    Never with the value itself: it may be an e-mail address, or a secret in the wrong place.
    """
    match error["type"]:
        case "missing":
            return f"is missing; {_give(error['loc'], model)}"
        case "extra_forbidden":
            *around, key = error["loc"]
            return f"is not a key here; {_where(str(key), _inside(around, model))}"
        case kind if kind == EXPLAINED:
            return error["msg"]
        case kind if kind.endswith("_type"):
            return f"has the wrong type; {_give(error['loc'], model)}"
        case _:
            return f"is malformed; {_give(error['loc'], model)}"


def _give(path: KeyPath, model: type[BaseModel]) -> str:
    """What to give for the key at the path: the description of the innermost field on it."""
    key, *inner = path or ("",)
    field = _fields(model).get(str(key))
    if field is None:
        return "see the schema"
    below = _model_of(field.annotation)
    return _give(tuple(inner), below) if inner and below else f"give {field.description}"


def _inside(around: Sequence[str | int], model: type[BaseModel]) -> type[BaseModel]:
    """The model of the mapping in which a key stands."""
    for key in around:
        field = _fields(model).get(str(key))
        model = (_model_of(field.annotation) if field else None) or model
    return model


def _where(key: str, model: type[BaseModel]) -> str:
    """Where a key belongs that the model does not know: under one of its keys, or what it probably means."""
    allowed = tuple(_fields(model))
    inner = ((name, _model_of(field.annotation)) for name, field in _fields(model).items())
    home = next((name for name, below in inner if below and key in _fields(below)), None)
    hint = f"it belongs under {home}. " if home else nearest(key, allowed)
    return f"{hint}Allowed: {', '.join(allowed)}"


def _fields(model: type[BaseModel]) -> Mapping[str, FieldInfo]:
    """The model's fields by the keys of a file: some, such as `from`, can't be a name in Python."""
    return {str(field.validation_alias or name): field for name, field in model.model_fields.items()}


def nearest(name: str, known: Collection[str]) -> str:
    """The known names that a misspelt or shortened name may mean, as a question to put before a list; else empty."""
    first, *more = name.split("_")
    longer = [other for other in known if other.split("_")[0] == first and set(more) < set(other.split("_"))]
    *others, last = longer if name not in longer and longer else get_close_matches(name, known, n=1) or [""]
    return f"did you mean {', '.join(others)}{' or ' if others else ''}{last}? " if last else ""


def _model_of(annotation: Any) -> type[BaseModel] | None:
    """The model behind `Model`, `Model | None` or `Annotated[Model, ...]`; None where the field is plain."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for kind in get_args(annotation) if (found := _model_of(kind))), None)
