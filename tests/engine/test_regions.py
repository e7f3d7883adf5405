"""Several regions in one stack."""

from sandbox.server.server import Sandbox
from tests.engine.project import WEB_01, Project

WEB_IN_SHANGHAI = "i-uf6web00000000000001"


def test_a_stack_hands_over_instances_of_several_regions(project: Project, cloud: Sandbox) -> None:
    project.declare("web-01", WEB_01)
    project.declare("web-sh-01", WEB_IN_SHANGHAI, region="cn-shanghai")
    done = project.up()
    assert done.ok, done.text
    cloud.desk.approve(WEB_IN_SHANGHAI)
    assert project.refresh().ok
    assert {name: outputs["status"] for name, outputs in project.transfers().items()} == {
        "web-01": "UnderReview",
        "web-sh-01": "Approved",
    }
    assert {entry.region for entry in cloud.log.entries(action="TransferInstance")} == {"cn-hangzhou", "cn-shanghai"}
    assert project.destroy().ok
    assert {transfer.status for transfer in cloud.desk.transfers()} == {"Cancelled"}
