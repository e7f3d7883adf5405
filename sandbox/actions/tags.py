"""Tags and resource groups of security groups, snapshots and addresses: ECS and VPC have the same actions for them."""

from __future__ import annotations

from typing import Any

from sandbox.actions import common_parameters
from sandbox.actions.call import Action, Answer, Call
from sandbox.models.errors import ApiError, invalid
from sandbox.state.resource_store import ResourceStore

MOST_RESOURCES = 50


def tag_resources(call: Call) -> Answer:
    """Give tags; one that is there already gets the new value."""
    store, found = _named(call)
    tags = common_parameters.tags(call)
    if not tags:
        raise ApiError(400, "MissingParameter.TagKey", "You must specify Tag.N.Key.")
    for thing in found:
        if len({**thing.tags, **tags}) > common_parameters.MOST_TAGS:
            raise ApiError(403, "QuotaExceed.Tags", "The number of tags of a resource is at most 20.")
    for thing in found:
        store.put(thing.model_copy(update={"tags": {**thing.tags, **tags}}))
    return {}


def untag_resources(call: Call) -> Answer:
    """Take tags away, those named or all. One that is not there is no error."""
    store, found = _named(call)
    keys = call.numbered("TagKey", most=common_parameters.MOST_TAGS)
    everything = call.flag("All")
    if not keys and not everything:
        raise ApiError(400, "MissingParameter.TagKey", "You must specify TagKey.N.")
    for thing in found:
        left = {key: value for key, value in thing.tags.items() if key not in keys and not everything}
        store.put(thing.model_copy(update={"tags": left}))
    return {}


def list_tag_resources(call: Call) -> Answer:
    """The tags of the resources named, or of those that have the requested tags."""
    region, kind = call.region(), call.required("ResourceType")
    ids = call.numbered("ResourceId", most=MOST_RESOURCES)
    requested = common_parameters.tags(call)
    if not ids and not requested:
        raise ApiError(400, "MissingParameter.ResourceIds", "You must specify ResourceId.N or Tag.N.")
    listed = [
        {"ResourceId": thing.id, "ResourceType": kind, "TagKey": key, "TagValue": value}
        for thing in _store(call, kind).of(call.account.id, region)
        if (not ids or thing.id in ids) and common_parameters.has_tags(thing.tags, requested)
        for key, value in thing.tags.items()
    ]
    return {"TagResources": {"TagResource": listed}, "NextToken": ""}


def join_resource_group(call: Call) -> Answer:
    """Move a resource into another resource group: the ECS way."""
    return _moved(call, "ResourceGroupId", call.region_if_given())


def move_resource_group(call: Call) -> Answer:
    """The VPC way."""
    return _moved(call, "NewResourceGroupId", call.region())


def _moved(call: Call, parameter: str, region: str | None) -> Answer:
    call.required(parameter)
    kind, thing_id = call.required("ResourceType"), call.required("ResourceId")
    store = _store(call, kind)
    thing = store.get(thing_id, call.account.id, region)
    if thing is None:
        raise _not_found()
    store.put(thing.model_copy(update={"resource_group": common_parameters.resource_group(call, parameter)}))
    return {}


def _named(call: Call) -> tuple[ResourceStore[Any], list[Any]]:
    """The resources of ResourceType and ResourceId.N, all of them the caller's and in the region."""
    region = call.region()
    store = _store(call, call.required("ResourceType"))
    ids = call.numbered("ResourceId", most=MOST_RESOURCES)
    if not ids:
        raise ApiError(400, "MissingParameter.ResourceId", "You must specify ResourceId.N.")
    found = [store.get(thing_id, call.account.id, region) for thing_id in ids]
    if None in found:
        raise _not_found()
    return store, found


def _store(call: Call, kind: str) -> ResourceStore[Any]:
    stores: dict[str, ResourceStore[Any]] = {
        "securitygroup": call.cloud.group_store,
        "snapshot": call.cloud.snapshot_store,
        "eip": call.cloud.eip_store,
    }
    if kind.lower() not in stores:
        raise invalid("ResourceType", f"has to be one of {', '.join(stores)}", code="InvalidResourceType.NotSupported")
    return stores[kind.lower()]


def _not_found() -> ApiError:
    return ApiError(404, "InvalidResourceId.NotFound", "The specified ResourceId does not exist.")


TAGS = ("ResourceType", "ResourceId.N", *common_parameters.TAG_FIELDS)
TAG_KEYS = ("ResourceType", "ResourceId.N", "TagKey.N", "All")

ECS_ACTIONS = (
    Action("TagResources", tag_resources, TAGS),
    Action("UntagResources", untag_resources, TAG_KEYS),
    Action("ListTagResources", list_tag_resources, TAGS),
    Action("JoinResourceGroup", join_resource_group, ("ResourceId", "ResourceType", "ResourceGroupId")),
)
VPC_ACTIONS = (
    Action("TagResources", tag_resources, TAGS),
    Action("UnTagResources", untag_resources, TAG_KEYS),
    Action("ListTagResources", list_tag_resources, TAGS),
    Action("MoveResourceGroup", move_resource_group, ("ResourceId", "ResourceType", "NewResourceGroupId")),
)
