"""The steps of a copy, as tests take them: image, share, copy, new instance."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sandbox.server.server import Sandbox
from tests.unit.sandbox.api import RECIPIENT, Api

SPOT, PLAIN, STOPPED = "i-bp1spot0000000000001", "i-bp1plain000000000001", "i-bp1stopped0000000001"
VAULT, FULL_VAULT = "i-bp1vault000000000002", "i-bp1vault000000000001"
SERVICE_KEY, MARKET, FAILING = "i-bp1servicekey0000001", "i-bp1market00000000001", "i-bp1failing0000000001"
SOLD_OUT, SECURITY = "i-bp1soldout0000000001", "i-bp1security000000001"
VSWITCH, GROUP, OTHER_GROUP = "vsw-bp1orchid00000001", "sg-bp1orchid000000web", "sg-bp1orchid0000000db"


class Copying:
    """Both accounts' clients, and the steps between them."""

    def __init__(self, cloud: Sandbox) -> None:
        self.cloud = cloud
        self.source, self.recipient = Api(cloud), Api(cloud, "sandbox-recipient")

    def wait(self, minutes: float = 10) -> None:
        self.cloud.clock.advance(timedelta(minutes=minutes))

    def begun(self, instance_id: str = PLAIN, **parameters: str) -> str:
        """An image in the making."""
        return str(self.source.call("CreateImage", {"InstanceId": instance_id, **parameters})["ImageId"])

    def made(self, instance_id: str = PLAIN, **parameters: str) -> str:
        """An image that is made."""
        image_id = self.begun(instance_id, **parameters)
        self.wait()
        return image_id

    def shared(self, instance_id: str = PLAIN, **parameters: str) -> str:
        """An image that is made and shared with the recipient."""
        image_id = self.made(instance_id, **parameters)
        self.source.call("ModifyImageSharePermission", {"ImageId": image_id, "AddAccount.1": RECIPIENT})
        return image_id

    def unshare(self, image_id: str) -> None:
        self.source.call("ModifyImageSharePermission", {"ImageId": image_id, "RemoveAccount.1": RECIPIENT})

    def copied(self, image_id: str, **parameters: str) -> str:
        """The recipient's copy of an image, in the making."""
        return str(self.recipient.call("CopyImage", {"ImageId": image_id, **parameters})["ImageId"])

    def run(self, image_id: str, **parameters: str) -> str:
        """A new instance of the recipient's, made of an image."""
        return str(
            self.recipient.call("RunInstances", wanted(image_id, **parameters))["InstanceIdSets"]["InstanceIdSet"][0]
        )

    def image(self, api: Api, image_id: str) -> Any:
        """How an account sees an image, whatever its status is."""
        (found,) = api.call("DescribeImages", ImageId=image_id, Status="ALL")["Images"]["Image"]
        return found

    def sees(self, api: Api, image_id: str) -> bool:
        return bool(api.call("DescribeImages", ImageId=image_id, Status="ALL")["Images"]["Image"])

    def instance(self, instance_id: str) -> Any:
        """How the recipient sees an instance."""
        (found,) = self.recipient.call("DescribeInstances", InstanceIds=f'["{instance_id}"]')["Instances"]["Instance"]
        return found

    def disks(self, instance_id: str) -> list[Any]:
        return list(self.recipient.call("DescribeDisks", InstanceId=instance_id)["Disks"]["Disk"])


def wanted(image_id: str, **parameters: str) -> dict[str, str]:
    """The parameters of a RunInstances that is fine, unless `parameters` say otherwise."""
    return {
        "ImageId": image_id,
        "InstanceType": "ecs.g7.large",
        "VSwitchId": VSWITCH,
        "SecurityGroupIds.1": GROUP,
        **{name.replace("__", "."): value for name, value in parameters.items()},
    }
