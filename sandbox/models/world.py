"""What the cloud holds at the start: a readable YAML file as checked, unchangeable models.

Access keys are not part of it: they are made at random at each start. Times are in the format of `moments.py`,
`copies` of an instance in that of `copies.py`; how long something lasts is seconds or ISO 8601 (`PT2H`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Network
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BeforeValidator, Field, ValidationError, model_validator

from sandbox.models.base import Model
from sandbox.models.copies import expand_copies
from sandbox.models.errors import SandboxError
from sandbox.models.images import Image
from sandbox.models.instances import Instance
from sandbox.models.security_group_rules import Rule
from sandbox.models.timestamps import LONG_AGO, START, Timestamp

WORLDS = Path(__file__).parents[1] / "worlds"
DEMO = WORLDS / "demo.yaml"

DeniedReads = Literal["empty", "forbidden"]


class Profile(Model):
    """A way in: one access key, under the name it has in the Alibaba CLI's config file."""

    name: str
    kind: Literal["main", "ram", "sts"] = "main"
    denied: tuple[str, ...] = Field(default=(), description="actions that it may not call")


class ResourceGroup(Model):
    """A resource group beside the default one, which every account has and which has no id in answers."""

    id: str
    name: str = ""


class VSwitch(Model):
    """A vSwitch of an account."""

    id: str
    region: str
    zone: str
    vpc_id: str
    cidr: IPv4Network = IPv4Network("172.16.0.0/16")
    name: str = ""


class PrefixList(Model):
    """A prefix list of an account; what is on it does not matter here."""

    id: str
    region: str
    name: str = ""
    address_family: Literal["IPv4", "IPv6"] = "IPv4"
    max_entries: int = 10
    created: Timestamp = LONG_AGO


class KeyPair(Model):
    """A key pair of an account: what instances are signed in to with. Only its public half is anywhere."""

    name: str
    region: str
    resource_group: str | None = None


class SecurityGroup(Model):
    """A security group of an account. Its rules name groups of its own VPC and prefix lists of its region."""

    id: str
    region: str
    vpc_id: str
    name: str = ""
    description: str = ""
    type: Literal["normal", "enterprise"] = "normal"
    inner_access: Literal["Accept", "Drop"] = "Accept"
    resource_group: str | None = None
    created: Timestamp = LONG_AGO
    rules: tuple[Rule, ...] = ()
    tags: dict[str, str] = Field(default_factory=dict)


class Eip(Model):
    """An elastic IP address of an account, bound to one of its instances or to none. The bandwidth is in Mbit/s."""

    id: str
    region: str
    ip_address: str
    instance: str | None = None
    name: str = ""
    description: str = ""
    bandwidth: int = 5
    isp: str = "BGP"
    charge_type: Literal["PrePaid", "PostPaid"] = "PostPaid"
    internet_charge_type: Literal["PayByBandwidth", "PayByTraffic"] = "PayByTraffic"
    deletion_protection: bool = False
    resource_group: str | None = None
    created: Timestamp = LONG_AGO
    tags: dict[str, str] = Field(default_factory=dict)


class Account(Model):
    """An account with all that it owns."""

    id: Annotated[str, Field(pattern=r"^[0-9]{16}$")]
    name: str
    email: str
    # An unquoted `yes` is a boolean in YAML.
    real_name: Annotated[
        Literal["yes", "none", "unnecessary"], BeforeValidator(lambda value: "yes" if value is True else value)
    ] = "yes"
    profiles: Annotated[tuple[Profile, ...], Field(min_length=1)]
    instance_quota: int | None = Field(default=None, description="instances a region may hold; none: any number")
    eip_quota: int | None = Field(default=None, description="EIPs a region may hold; none: any number")
    image_quota: int | None = Field(default=None, description="own images a region may hold; none: any number")
    snapshot_quota: int | None = Field(default=None, description="snapshots a region may hold; none: any number")
    vcpu_quota: int | None = Field(default=None, description="pay-as-you-go vCPUs of a region; none: any number")
    bought: tuple[str, ...] = Field(default=(), description="product codes of marketplace images that it may use")
    copies_fail: bool = Field(default=False, description="image copies that it makes end as CreateFailed, half-way")
    key_pairs: tuple[KeyPair, ...] = ()
    resource_groups: tuple[ResourceGroup, ...] = ()
    vswitches: tuple[VSwitch, ...] = ()
    prefix_lists: tuple[PrefixList, ...] = ()
    security_groups: tuple[SecurityGroup, ...] = ()
    eips: tuple[Eip, ...] = ()
    images: tuple[Image, ...] = ()
    instances: tuple[Instance, ...] = ()
    wrong: tuple[str, ...] = Field(default=(), description="what is wrong with it, for tests to compare with")

    @model_validator(mode="after")
    def _instances_name_only_what_it_has(self) -> Account:
        vswitches = {vswitch.id: vswitch.region for vswitch in self.vswitches}
        groups = {group.id: group.region for group in self.security_groups}
        types = {group.id: group.type for group in self.security_groups}
        resource_groups = {group.id for group in self.resource_groups}
        for instance in self.instances:
            if instance.region not in vswitches.values() or instance.region not in groups.values():
                raise ValueError(f"instance {instance.id} needs a vSwitch and a security group in {instance.region}")
            if instance.vswitch is not None and vswitches.get(instance.vswitch) != instance.region:
                raise ValueError(f"instance {instance.id} names vSwitch {instance.vswitch}, not found in its region")
            for group in instance.security_groups:
                if groups.get(group) != instance.region:
                    raise ValueError(f"instance {instance.id} names security group {group}, not found in its region")
            if len({types[group] for group in instance.security_groups}) > 1:
                raise ValueError(f"instance {instance.id} names security groups of both types; name those of one type")
            if instance.resource_group is not None and instance.resource_group not in resource_groups:
                raise ValueError(f"instance {instance.id} names resource group {instance.resource_group}, not found")
        return self

    @model_validator(mode="after")
    def _rules_name_only_what_it_has(self) -> Account:
        vpcs = {group.id: group.vpc_id for group in self.security_groups}
        prefix_lists = {prefix_list.id: prefix_list.region for prefix_list in self.prefix_lists}
        for group in self.security_groups:
            for rule in group.rules:
                if rule.group is not None and vpcs.get(rule.group) != group.vpc_id:
                    raise ValueError(f"a rule of {group.id} names {rule.group}, not found among the groups of its VPC")
                if rule.prefix_list is not None and prefix_lists.get(rule.prefix_list) != group.region:
                    raise ValueError(
                        f"a rule of {group.id} names prefix list {rule.prefix_list}, not found in its region"
                    )
        return self

    @model_validator(mode="after")
    def _eips_are_bound_one_to_one(self) -> Account:
        instances = {instance.id: instance for instance in self.instances}
        bound = [eip for eip in self.eips if eip.instance is not None]
        for eip in bound:
            instance = instances.get(str(eip.instance))
            if instance is not None and instance.public_ip is not None:
                raise ValueError(f"EIP {eip.id} names instance {instance.id}, which has a fixed public address")
            if instance is None or instance.region != eip.region:
                raise ValueError(f"EIP {eip.id} names instance {eip.instance}, not found in its region")
        _once("EIPs' instances", (str(eip.instance) for eip in bound))
        return self


class Times(Model):
    """How long the steps of a transfer last, those of the console's, a snapshot, an image, and an instance's start."""

    cancel_window: timedelta = timedelta(hours=2)
    acceptance: timedelta = timedelta(hours=24)
    transferring: timedelta = timedelta(seconds=2)
    console_confirmation: timedelta = timedelta(hours=24)
    console_execution: timedelta = timedelta(minutes=30)
    snapshot: timedelta = timedelta(seconds=2)
    image: timedelta = timedelta(minutes=5)
    image_copy: timedelta = timedelta(minutes=5)
    pending: timedelta = timedelta(seconds=2)
    starting: timedelta = timedelta(seconds=2)
    stopping: timedelta = timedelta(seconds=2)


class World(Model):
    """Everything: regions, accounts, times."""

    regions: Annotated[tuple[str, ...], Field(min_length=1)]
    accounts: Annotated[tuple[Account, ...], Field(min_length=1)]
    times: Times = Times()
    denied_reads: DeniedReads = Field(
        default="empty", description="what a denied listing of ECS gets: an empty list, or 403 Forbidden.RAM"
    )

    not_offered: dict[str, tuple[str, ...]] = Field(
        default_factory=dict, description="instance types that a zone does not offer, by the zone"
    )
    encrypted_full_images: Literal["shared", "refused"] = Field(
        default="shared", description="whether an encrypted image of several disks may be shared: published are both"
    )

    @model_validator(mode="before")
    @classmethod
    def _copies_are_instances_of_their_own(cls, given: Any) -> Any:
        return expand_copies(given) if isinstance(given, dict) else given

    @model_validator(mode="after")
    def _says_everything_once(self) -> World:
        _once("accounts", (account.id for account in self.accounts))
        _once("profiles", (profile.name for account in self.accounts for profile in account.profiles))
        for kind in ("instances", "vswitches", "security_groups", "resource_groups", "eips", "prefix_lists", "images"):
            things = [thing for account in self.accounts for thing in getattr(account, kind)]
            _once(kind, (thing.id for thing in things))
            for thing in things:
                region = getattr(thing, "region", None)
                if region is not None and region not in self.regions:
                    raise ValueError(f"{thing.id} is in {region}, which is not among the world's regions")
        _once("EIPs' addresses", (eip.ip_address for account in self.accounts for eip in account.eips))
        instances = [instance for account in self.accounts for instance in account.instances]
        _once("disks", (disk.id for instance in instances for disk in instance.disks))
        return self

    @model_validator(mode="after")
    def _transfers_name_another_account(self) -> World:
        known = {account.id for account in self.accounts}
        for account in self.accounts:
            for instance in account.instances:
                to = instance.transfer and instance.transfer.recipient
                if to is not None and (to not in known or to == account.id):
                    raise ValueError(f"the transfer of instance {instance.id} names {to}, not another of the accounts")
        return self

    def account(self, account_id: str) -> Account:
        """The account with this id; KeyError where there is none."""
        return {account.id: account for account in self.accounts}[account_id]


def shipped(name: str) -> Path:
    """The file of a world that comes with the sandbox, such as `demo`. Raises SandboxError where there is none."""
    file = WORLDS / f"{name}.yaml"
    if not file.is_file():
        known = ", ".join(sorted(path.stem for path in WORLDS.glob("*.yaml")))
        raise SandboxError(f"{name} is neither a file nor one of the worlds that come with the sandbox: {known}")
    return file


def load(file: Path) -> World:
    """Read a world file; its durations count from now.

    Raises SandboxError with one line `file: key: what` for each thing that is wrong.
    """
    try:
        read = yaml.safe_load(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise SandboxError(f"{file}: can't be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise SandboxError(f"{file}: is not UTF-8 text") from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        # Beside its own errors, the reader lets through those of dates that are none and of endless nesting.
        raise SandboxError(f"{file}: is not YAML: {' '.join(str(error).split())}") from None
    if not isinstance(read, dict):
        raise SandboxError(f"{file}: has to be a mapping with the keys {', '.join(World.model_fields)}")
    try:
        # One moment for the whole file: what is declared for the same time is.
        return World.model_validate(read, context={START: datetime.now(UTC)})
    except ValidationError as error:
        lines = [_line(file, problem["loc"], problem["msg"]) for problem in error.errors(include_url=False)]
        raise SandboxError("\n".join(lines)) from None


def many_instances(world: World, account_id: str, region: str, count: int) -> World:
    """The same world with `count` more instances that are fit to be handed over, `i-bp1many…`."""
    account = world.account(account_id)
    more = tuple(
        Instance(id=f"i-bp1many{number:013d}", name=f"many-{number}", region=region) for number in range(1, count + 1)
    )
    grown = account.model_copy(update={"instances": account.instances + more})
    accounts = tuple(grown if other.id == account_id else other for other in world.accounts)
    return World.model_validate(world.model_copy(update={"accounts": accounts}).model_dump())


def _once(kind: str, names: Iterable[str]) -> None:
    twice = [name for name, times in Counter(names).items() if times > 1]
    if twice:
        raise ValueError(f"{kind}: {twice[0]} is there more than once")


def _line(file: Path, where: tuple[int | str, ...], what: str) -> str:
    key = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in where).lstrip(".")
    reason = what.removeprefix("Value error, ")
    return f"{file}: {key}: {reason}" if key else f"{file}: {reason}"
