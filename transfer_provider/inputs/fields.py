"""The field types that all models of what users declare share, and what is reported where a field is wrong.

Formats follow Alibaba Cloud's ids as its documents show them. A field's description is also what an error message asks
for, so each reads on from "give".
"""

from __future__ import annotations

from collections.abc import Collection
from difflib import get_close_matches
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

STRICT = ConfigDict(extra="forbid", frozen=True, strict=True, hide_input_in_errors=True)

# An integer above this is not exact as a float, and Pulumi carries every number as a float.
LARGEST_EXACT = 2**53

EXPLAINED = "explained"  # the type of errors that come with their own explanation


def invalid(explanation: str) -> PydanticCustomError:
    """An error with its own explanation, as `what is wrong; what to do`."""
    return PydanticCustomError(EXPLAINED, "{explanation}", {"explanation": explanation})


def _account_id(value: Any) -> Any:
    """An account id given as a number is meant as its digits, where those survived."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    if not float(value).is_integer() or abs(value) > LARGEST_EXACT:
        raise invalid("is a number that lost digits; put the account id in quotes")
    return str(int(value))


def _one_line(value: Any) -> Any:
    if isinstance(value, str) and not value.isprintable():
        raise invalid("has a line break or control character; write one line of text")
    if isinstance(value, str) and value != value.strip():
        raise invalid("starts or ends with a blank; remove it")
    return value


def _filled_in(value: Any) -> Any:
    if value is None:
        raise PydanticCustomError("empty", "is empty")
    return value


def each_once(groups: list[str]) -> list[str]:
    """The security groups as they are; an error where a group is listed twice."""
    if len(set(groups)) < len(groups):
        raise invalid("names a security group twice; name each once")
    return groups


Line = BeforeValidator(_one_line)
# For a key with nothing after it, which was more likely left unfinished than meant as left out.
FilledIn = BeforeValidator(_filled_in)

AccountId = Annotated[str, Field(pattern=r"^[0-9]{16}$"), BeforeValidator(_account_id)]
Region = Annotated[str, Field(pattern=r"^[a-z]{2}(-[a-z0-9]+)+$")]
InstanceId = Annotated[str, Field(pattern=r"^i-[0-9a-z]{6,40}$")]
VSwitchId = Annotated[str, Field(pattern=r"^vsw-[0-9a-z]{4,60}$")]
VpcId = Annotated[str, Field(pattern=r"^vpc-[0-9a-z]{4,60}$")]
SecurityGroupId = Annotated[str, Field(pattern=r"^sg-[0-9a-z]{4,60}$")]
ResourceGroupId = Annotated[str, Field(pattern=r"^rg-[0-9a-z]{4,40}$")]
TransferId = Annotated[str, Field(pattern=r"^it-[0-9a-z]{4,60}$")]
Channel = Literal["api", "console"]

# Valid values that stand in for what a preview does not know yet, while the rest is checked; of required keys only.
STAND_INS: dict[str, Any] = {
    "instance_id": "i-000000",
    "region": "cn-hangzhou",
    "recipient_account_id": "0000000000000000",
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


def explain(error: ErrorDetails, model: type[BaseModel]) -> str:
    """One of pydantic's errors as `what is wrong; what is allowed`.

    Never with the value itself: it may be an e-mail address, or a secret in the wrong place.
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
            allowed = tuple(model.model_fields)
            return f"is not a key here; {nearest(key, allowed)}Allowed: {', '.join(allowed)}"
        case kind if kind == EXPLAINED:
            return error["msg"]
        case kind if kind.endswith("_type"):
            return f"has the wrong type; {give}"
        case _:
            return f"is malformed; {give}"


def nearest(name: str, known: Collection[str]) -> str:
    """The known name that a misspelt name probably means, as a question to put before a list; else empty."""
    meant = get_close_matches(name, known, n=1)
    return f"did you mean {meant[0]}? " if meant else ""


def _model_of(annotation: Any) -> type[BaseModel] | None:
    """The model behind `Model` or `Model | None`; None where the field is plain."""
    kinds = (annotation, *get_args(annotation))
    return next((kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)), None)
