"""The fields that what users declare is made of: their formats, and what is reported where a value is malformed.

Formats follow Alibaba Cloud's ids as its documents show them. A field's description is also what an error message asks
for, so each reads on from "give".
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from difflib import get_close_matches
from typing import Annotated, Any, get_args

from pydantic import BaseModel, BeforeValidator, Field, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

# An integer above this is not exact as a float, and Pulumi carries every number as a float.
LARGEST_EXACT = 2**53


def _account_id(value: Any) -> Any:
    """An account id given as a number is meant as its digits, where those survived."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    if not float(value).is_integer() or abs(value) > LARGEST_EXACT:
        raise PydanticCustomError("said", "is a number that lost digits; put the account id in quotes")
    return str(int(value))


def accepted_terms(value: Any) -> Any:
    """True, and nothing that is only taken for true."""
    if value is not True:
        raise PydanticCustomError(
            "said", "has to be true: a transfer needs the provider's terms accepted by the source account"
        )
    return value


def _one_line(value: Any) -> Any:
    if isinstance(value, str) and not value.isprintable():
        raise PydanticCustomError("said", "has a line break or control character; write one line of text")
    if isinstance(value, str) and value != value.strip():
        raise PydanticCustomError("said", "starts or ends with a blank; remove it")
    return value


def _filled_in(value: Any) -> Any:
    if value is None:
        raise PydanticCustomError("empty", "is empty")
    return value


Line = BeforeValidator(_one_line)
# For a key that, with nothing after it, was more likely forgotten than meant as left out.
FilledIn = BeforeValidator(_filled_in)
AccountId = Annotated[str, Field(pattern=r"^[0-9]{16}$"), BeforeValidator(_account_id)]
Region = Annotated[str, Field(pattern=r"^[a-z]{2}(-[a-z0-9]+)+$")]
VSwitchId = Annotated[str, Field(pattern=r"^vsw-[0-9a-z]{4,60}$")]
SecurityGroupId = Annotated[str, Field(pattern=r"^sg-[0-9a-z]{4,60}$")]
ResourceGroupId = Annotated[str, Field(pattern=r"^rg-[0-9a-z]{4,40}$")]


def each_once(groups: list[str]) -> list[str]:
    """The security groups, of which none may be listed twice."""
    if len(set(groups)) < len(groups):
        raise PydanticCustomError("said", "names a security group twice; name each once")
    return groups


def validate(
    given: dict[str, Any],
    unknown: Collection[str],
    model: type[BaseModel],
    stand_ins: Mapping[str, Any],
) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    """Check a resource's inputs: the inputs in their settled form, and each problem as (key, what to do).

    What is in `unknown` is taken as it is, with a stand-in while the rest is checked; a preview can't judge it.
    """
    known = {key: value for key, value in given.items() if key not in unknown}
    standing_in = {key: value for key, value in stand_ins.items() if key in unknown}
    try:
        settled = model(**standing_in | known)
    except ValidationError as error:
        wrong = error.errors(include_input=False, include_url=False)
        return given, [(str(one["loc"][0]), explain(one, model)) for one in wrong]
    return given | settled.model_dump(include=known.keys() | ({"channel"} - set(unknown))), []


def explain(error: ErrorDetails, model: type[BaseModel]) -> str:
    """One of pydantic's errors as `what is wrong; what is allowed`.

    Never with the value itself: it may be an e-mail address, or a secret that went astray.
    """
    key = str(error["loc"][0]) if error["loc"] else ""
    field = model.model_fields.get(key)
    inner = _model_of(field.annotation) if field else None
    if inner is not None and len(error["loc"]) > 1:
        return explain({**error, "loc": error["loc"][1:]}, inner)
    give = f"give {field.description}" if field else "see the schema"
    match error["type"]:
        case "missing":
            return f"is missing; {give}"
        case "empty":
            return f"is empty; {give}"
        case "extra_forbidden":
            return f"is not a key here; {_nearest(key, tuple(model.model_fields))}"
        case "said":
            return error["msg"]
        case kind if kind.endswith("_type"):
            return f"has the wrong type; {give}"
        case _:
            return f"is malformed; {give}"


def _model_of(annotation: Any) -> type[BaseModel] | None:
    """The model behind `Model` or `Model | None`; None where the field is plain."""
    kinds = (annotation, *get_args(annotation))
    return next((kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)), None)


def _nearest(key: str, allowed: tuple[str, ...]) -> str:
    """What to say of a key nobody knows: the one probably meant, then all."""
    meant = get_close_matches(key, allowed, n=1)
    guess = f"did you mean {meant[0]}? " if meant else ""
    return f"{guess}Allowed: {', '.join(allowed)}"
