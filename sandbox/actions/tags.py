"""Tags and resource groups of what accounts own: ECS and VPC have the same actions for them."""

from __future__ import annotations

from typing import Any, Protocol

from sandbox.actions import common_parameters
from sandbox.actions.call import Action, Answer, Call
from sandbox.models.errors import ApiError, invalid
from sandbox.models.instances import Instance
from sandbox.state.cloud import CloudState

MOST_RESOURCES = 50


class Store(Protocol):
    """Things of one kind, with their owners: a `ResourceStore`, or what is like one."""

    def get(self, thing_id: str, owner: str, region: str | None = None) -> Any: ...

    def of(self, owner: str, region: str | None = None) -> list[Any]: ...

    def put(self, thing: Any) -> None: ...


class _Instances:
    """Instances as things that have tags and a resource group."""

    def __init__(self, cloud: CloudState) -> None:
        self._cloud = cloud

    def get(self, thing_id: str, owner: str, region: str | None = None) -> Instance | None:
        found = self._cloud.holding(thing_id)
        is_it = found is not None and found.owner == owner and region in (None, found.instance.region)
        return found.instance if found is not None and is_it else None

    def of(self, owner: str, region: str | None = None) -> list[Instance]:
        return [
            holding.instance
            for holding in self._cloud.holdings()
            if holding.owner == owner and region in (None, holding.instance.region)
        ]

    def put(self, thing: Instance) -> None:
        self._cloud.change_instance(thing.id, {"tags": thing.tags, "resource_group": thing.resource_group})


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


def _named(call: Call) -> tuple[Store, list[Any]]:
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


def _store(call: Call, kind: str) -> Store:
    stores: dict[str, Store] = {
        "securitygroup": call.cloud.group_store,
        "snapshot": call.cloud.snapshot_store,
        "image": call.cloud.image_store,
        "instance": _Instances(call.cloud),
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
