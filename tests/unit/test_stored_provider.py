"""What state files keep of the provider, and the SDK's traps around it."""

import base64
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import dill
import pytest
from pulumi.dynamic import ResourceProvider
from pulumi.dynamic.dynamic import serialize_provider

from tests.examples import left_to_the_whole_suite
from transfer_provider import receipt
from transfer_provider.handover.copying import own_image, source_image
from transfer_provider.handover.copying.own_image import OwnImage, OwnImageProvider
from transfer_provider.handover.copying.source_image import SourceImage, SourceImageProvider
from transfer_provider.handover.recipient import destroy_guard
from transfer_provider.handover.recipient.destroy_guard import DestroyGuard, DestroyGuardProvider
from transfer_provider.handover.recipient.exclusive_rules import ExclusiveRules, ExclusiveRulesProvider
from transfer_provider.receipt import TYPE, InstanceReceipt, InstanceReceiptProvider
from transfer_provider.transfer import OUTPUTS, InstanceTransfer, InstanceTransferProvider

ROOT = Path(__file__).parents[2]
STORED = "gASVPgAAAAAAAACMGnRyYW5zZmVyX3Byb3ZpZGVyLnRyYW5zZmVylIwYSW5zdGFuY2VUcmFuc2ZlclByb3ZpZGVylJOUKYGULg=="
STORED_RECEIPT = "gASVPAAAAAAAAACMGXRyYW5zZmVyX3Byb3ZpZGVyLnJlY2VpcHSUjBdJbnN0YW5jZVJlY2VpcHRQcm92aWRlcpSTlCmBlC4="

STORED_GUARD = (
    "gASVUgAAAAAAAACMMnRyYW5zZmVyX3Byb3ZpZGVyLmhhbmRvdmVyLnJlY2lwaWVudC5kZXN0cm95X2d1YXJklIwURGVzdHJveUd1YXJkUHJvdmlk"
    "ZXKUk5QpgZQu"
)
STORED_RULES = (
    "gASVVgAAAAAAAACMNHRyYW5zZmVyX3Byb3ZpZGVyLmhhbmRvdmVyLnJlY2lwaWVudC5leGNsdXNpdmVfcnVsZXOUjBZFeGNsdXNpdmVSdWxlc1By"
    "b3ZpZGVylJOUKYGULg=="
)


STORED_SOURCE_IMAGE = (
    "gASVTgAAAAAAAACML3RyYW5zZmVyX3Byb3ZpZGVyLmhhbmRvdmVyLmNvcHlpbmcuc291cmNlX2ltYWdllIwTU291cmNlSW1hZ2VQ"
    "cm92aWRlcpSTlCmBlC4="
)
STORED_OWN_IMAGE = (
    "gASVSAAAAAAAAACMLHRyYW5zZmVyX3Byb3ZpZGVyLmhhbmRvdmVyLmNvcHlpbmcub3duX2ltYWdllIwQT3duSW1hZ2VQcm92aWRlcpSTlCmBlC4="
)


class WithState(ResourceProvider):
    """What our provider is not: a provider with an attribute of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.attribute = "x"


@pytest.fixture(autouse=True)
def _pickler_as_it_was() -> Any:
    """The SDK leaves its own methods on the standard pickler; give other tests the standard one back."""
    kept = {name: vars(pickle._Pickler).get(name) for name in ("_batch_setitems", "save_dict")}
    yield
    for name, value in kept.items():
        setattr(pickle._Pickler, name, value)


def test_the_provider_is_stored_by_reference_in_these_very_bytes() -> None:
    assert serialize_provider(InstanceTransferProvider()) == STORED
    assert isinstance(dill.loads(base64.b64decode(STORED)), InstanceTransferProvider)


def test_the_type_token_is_the_one_in_state_files() -> None:
    assert InstanceTransfer.__name__ == "InstanceTransfer"
    assert InstanceTransfer._resource_type_name == "dynamic/transfer:InstanceTransfer"


def test_the_images_of_copies_are_stored_in_these_very_bytes_with_these_names() -> None:
    assert serialize_provider(SourceImageProvider()) == STORED_SOURCE_IMAGE
    assert serialize_provider(OwnImageProvider()) == STORED_OWN_IMAGE
    assert source_image.TYPE == "pulumi-python:dynamic/source_image:SourceImage"
    assert SourceImage._resource_type_name == "dynamic/source_image:SourceImage"
    assert own_image.TYPE == "pulumi-python:dynamic/own_image:OwnImage"
    assert OwnImage._resource_type_name == "dynamic/own_image:OwnImage"
    assert source_image.INPUTS == (
        "instance_id",
        "region",
        "recipient_account_id",
        "handover",
        "project",
        "stack",
        "channel",
        "copy",
        "original",
        "take_image",
        "source",
        "status",
        "why",
        "protected",
        "given_up",
    )
    assert source_image.OUTPUTS == (
        "image_id",
        "image_status",
        "progress",
        "snapshot_ids",
        "was_running",
        "source_account_id",
        "status_message",
    )
    assert own_image.INPUTS == (
        "source_image_id",
        "instance_id",
        "region",
        "handover",
        "project",
        "stack",
        "encrypted",
        "kms_key_id",
    )
    assert own_image.OUTPUTS == (
        "image_id",
        "image_status",
        "progress",
        "snapshot_ids",
        "recipient_account_id",
        "status_message",
    )


def test_the_outputs_names_are_the_ones_in_state_files() -> None:
    assert OUTPUTS == (
        "transfer_id",
        "status",
        "status_message",
        "source_account_id",
        "submitted_at",
        "reviewed_at",
        "cancellable_until",
        "accept_before",
        "completed_at",
        "origin",
        "source_public_ip",
        "left_source_at",
    )


def test_the_receipt_is_stored_in_these_very_bytes_with_these_names() -> None:
    assert serialize_provider(InstanceReceiptProvider()) == STORED_RECEIPT
    assert isinstance(dill.loads(base64.b64decode(STORED_RECEIPT)), InstanceReceiptProvider)
    assert f"pulumi-python:{InstanceReceipt._resource_type_name}" == TYPE
    assert TYPE == "pulumi-python:dynamic/receipt:InstanceReceipt"
    assert receipt.OUTPUTS == (
        "status",
        "status_message",
        "accepted_transfer_id",
        "recipient_account_id",
        "private_ip",
        "public_ip",
    )


@pytest.mark.parametrize(
    ("provider", "stored", "resource", "token"),
    [
        (DestroyGuardProvider, STORED_GUARD, DestroyGuard, "pulumi-python:dynamic/destroy_guard:DestroyGuard"),
        (ExclusiveRulesProvider, STORED_RULES, ExclusiveRules, "pulumi-python:dynamic/exclusive_rules:ExclusiveRules"),
    ],
)
def test_the_recipients_resources_are_stored_in_these_very_bytes(
    provider: Any, stored: str, resource: Any, token: str
) -> None:
    assert serialize_provider(provider()) == stored
    assert isinstance(dill.loads(base64.b64decode(stored)), provider)
    assert f"pulumi-python:{resource._resource_type_name}" == token


def test_the_guard_is_found_in_states_by_its_type() -> None:
    assert f"pulumi-python:{DestroyGuard._resource_type_name}" == destroy_guard.TYPE


MANY = """
import pulumi
from pulumi.runtime import Mocks, set_mocks, test

class Engine(Mocks):
    stored = []
    def new_resource(self, args):
        self.stored.append(args.inputs["__provider"])
        return args.name, args.inputs
    def call(self, args):
        return {}

set_mocks(Engine())
from transfer_provider import InstanceTransfer

@test
def declare():
    many = [InstanceTransfer(
        f"web-{n}", instance_id=f"i-{n:06}", region="cn-hangzhou", recipient_account_id="1000000000000002",
        accept_terms=True) for n in range(1200)]
    return pulumi.Output.all(*[transfer.id for transfer in many])

declare()
print(len(Engine.stored), *set(Engine.stored))
"""


@left_to_the_whole_suite("1,200 resources take seconds")
def test_1200_transfers_in_one_program_are_stored() -> None:
    assert subprocess.check_output([sys.executable, "-c", MANY], text=True, cwd=ROOT).split() == ["1200", STORED]


@left_to_the_whole_suite("1,200 resources take seconds")
def test_canary_the_sdk_still_leaks_a_wrapper_with_each_provider_that_has_state() -> None:
    """When this fails, the SDK has mended its pickler: the provider no longer has to be stateless for its sake."""
    with pytest.raises(RecursionError):
        [serialize_provider(WithState()) for _ in range(1200)]
