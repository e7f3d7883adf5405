"""What there is at the start of each sequence: a source with three instances, its recipient, and another company."""

from __future__ import annotations

from sandbox.models.world import World

REGION = "cn-hangzhou"
SOURCE, RECIPIENT, OTHER = "1000000000000001", "1000000000000002", "1000000000000003"
SOURCE_PROFILE, RECIPIENT_PROFILE, OTHER_PROFILE = "source", "recipient", "other"
INSTANCES = ("i-bp1web00000000000001", "i-bp1web00000000000002", "i-bp1db000000000000001")
VSWITCH = "vsw-bp1orchid00000001"
GROUPS = ("sg-bp1orchid000000web", "sg-bp1orchid0000000db")


def _network(name: str, *groups: str) -> dict[str, object]:
    vpc = f"vpc-bp1{name}00000001"
    return {
        "vswitches": [{"id": f"vsw-bp1{name}00000001", "region": REGION, "zone": "cn-hangzhou-h", "vpc_id": vpc}],
        "security_groups": [
            {"id": f"sg-bp1{name}{group:0>9}", "region": REGION, "vpc_id": vpc, "name": group} for group in groups
        ],
    }


WORLD = World.model_validate(
    {
        "regions": [REGION],
        "times": {"cancel_window": "PT2H", "acceptance": "PT24H", "transferring": "PT1M"},
        "accounts": [
            {
                "id": SOURCE,
                "name": "acme",
                "email": "platform@acme.example",
                "profiles": [{"name": SOURCE_PROFILE}],
                "instances": [{"id": each, "name": each, "region": REGION} for each in INSTANCES],
                **_network("acme", "web"),
            },
            {
                "id": RECIPIENT,
                "name": "orchid",
                "email": "cloud@orchid.example",
                "profiles": [{"name": RECIPIENT_PROFILE}],
                **_network("orchid", "web", "db"),
            },
            {
                "id": OTHER,
                "name": "birch",
                "email": "it@birch.example",
                "profiles": [{"name": OTHER_PROFILE}],
                **_network("birch", "web"),
            },
        ],
    }
)
