"""`handover notify` with the real `pulumi`: targets are secrets, and each change is sent to each of them once."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sandbox.server.server import Sandbox
from tests import warm
from tests.engine.project import WEB_01, WEB_02, Project
from tests.receivers import Mailbox, Webhook
from transfer_provider.cli.notifications.lease import local_host

HIDDEN = "t0ps3cret"


def started(
    project: Project, *arguments: str, command: str = "notify", python: Path | None = None
) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [python or warm.python(), "-m", "transfer_provider.cli", command, "--stack", project.stack, *arguments],
        cwd=project.folder,
        env=project.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def ended(running: subprocess.Popen[str]) -> tuple[int, str]:
    text, _ = running.communicate(timeout=120)
    assert HIDDEN not in text
    assert "Traceback" not in text
    return running.returncode, text


def wait_until(condition: Callable[[], bool]) -> None:
    limit = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < limit, "what the test waits for never happened"
        time.sleep(0.3)


def notify(project: Project, *arguments: str) -> tuple[int, str]:
    return ended(started(project, *arguments))


def aim(project: Project, position: int, url: str) -> None:
    done = project.pulumi("config", "set", "--secret", "--path", f"notify[{position}]", url)
    assert done.ok, done.text


def tags(project: Project) -> dict[str, str]:
    return dict(json.loads(project.pulumi("stack", "tag", "ls", "--json").text))


def bodies(webhook: Webhook) -> list[str]:
    return [received["message"] for received in webhook.received]


def providers(project: Project) -> list[dict[str, Any]]:
    return [resource for resource in project.resources() if resource["type"] == "pulumi:providers:pulumi-python"]


def test_each_change_is_sent_once_by_however_many_runs_and_to_a_target_that_was_down_later(
    project: Project, cloud: Sandbox, webhook: Webhook, mailbox: Mailbox
) -> None:
    aim(project, 0, f"json://bot:{HIDDEN}@127.0.0.1:{webhook.port}/{HIDDEN}")
    aim(
        project, 1, f"mailto://127.0.0.1:{mailbox.port}?from=a@example.com&to=b@example.com&mode=insecure&name={HIDDEN}"
    )
    code, text = notify(project, "--test")
    assert (code, text) == (0, "#1 (json): sent\n#2 (mailto): sent\n")
    assert [webhook.received.pop()["title"], mailbox.mails.pop()[0]] == ["sandbox: test notification"] * 2

    for name, instance in (("web-01", WEB_01), ("web-02", WEB_02)):
        project.declare(name, instance)
    assert project.up().ok
    assert notify(project) == (0, "sandbox: no handovers announced, to #1 (json), #2 (mailto).\n")
    assert webhook.received == []

    cloud.desk.reject(WEB_01, reason="@all <!channel> names differ.")
    both = [started(project), started(project)]
    assert [code for code, _ in map(ended, both)] == [0, 0]
    (body,) = bodies(webhook)
    assert "web-01" in body
    assert "Rejected (was UnderReview)" in body
    assert "names differ" in body
    assert "@all" not in body
    assert "<!channel>" not in body
    assert len(mailbox.mails) == 1

    # Tags outlive a run of `pulumi up`, which records what is known already.
    recorded = tags(project)
    assert list(recorded) == ["handover:announced-0"]
    assert project.up().ok
    assert tags(project) == recorded
    assert notify(project)[0] == 0
    assert len(webhook.received) == 1

    webhook.down = True
    cloud.desk.approve(WEB_02)
    code, text = notify(project)
    assert code == 1
    assert "#1 (json) did not take its messages: HTTP 503. The next run sends them to it again." in text
    assert len(mailbox.mails) == 2
    webhook.down = False
    assert notify(project)[0] == 0
    assert [received["title"] for received in webhook.received[1:]] == [
        "sandbox: news of handovers, delivered late (1)"
    ]
    assert "web-02" in bodies(webhook)[1]
    assert len(mailbox.mails) == 2
    assert tags(project).keys() == {"handover:announced-0"}

    # The state holds the setting encrypted, as it does each setting of the stack; nothing else has it.
    (provider,) = providers(project)
    assert "ciphertext" in provider["inputs"]["instance-handover:notify"]
    assert HIDDEN not in project.state_text()
    assert HIDDEN not in (project.folder / "stacks/Pulumi.sandbox.yaml").read_text()
    for shown in (project.preview(), project.up(), project.pulumi("config")):
        assert shown.ok
        assert HIDDEN not in shown.text


def test_a_watcher_announces_while_it_lives_and_notify_once_it_was_killed(
    project: Project, cloud: Sandbox, webhook: Webhook
) -> None:
    aim(project, 0, f"json://127.0.0.1:{webhook.port}/")
    project.declare("web-01", WEB_01)
    project.declare("web-02", WEB_02)  # whose review goes on, and the watch with it
    assert project.up().ok
    # The one whose own number is shown.
    watching = started(project, "--interval", "0.2", command="watch", python=warm.BIN / "python")
    wait_until(lambda: "handover:announced-0" in tags(project))
    cloud.desk.approve(WEB_01)
    wait_until(lambda: bool(webhook.received))
    assert notify(project) == (
        0,
        f"sandbox: `handover watch` announces, as process {watching.pid} of {local_host()}.\n",
    )
    watching.kill()
    watching.communicate()

    cloud.desk.expire(WEB_01)
    assert notify(project)[0] == 0
    assert ["Approved" in webhook.received[0]["message"], "Expired" in webhook.received[1]["message"]] == [True] * 2
    watched = started(project, "--once", command="watch")
    code, text = ended(watched)
    assert (code, len(webhook.received)) == (3, 2), text
    assert tags(project).keys() == {"handover:announced-0"}


def test_a_target_in_plain_text_is_refused_by_every_command_and_not_repeated(project: Project) -> None:
    assert notify(project, "--test") == (
        0,
        "sandbox has no targets, so nothing is sent. Set one with `pulumi config set --secret --path 'notify[0]' "
        "--stack sandbox`, which asks for it.\n",
    )
    aim(project, 0, "nonsense")
    code, text = notify(project)
    assert code == 1
    assert "notify[0] is no URL that Apprise knows a service for" in text
    right = dict(project.environment)
    project.environment |= {"PULUMI_CONFIG_PASSPHRASE": "wrong"}
    code, text = notify(project)
    assert code == 1
    assert "could not decrypt" in text
    project.environment = right

    project.configure(notify=[f"json://bot:{HIDDEN}@127.0.0.1/"])
    code, text = notify(project)
    assert code == 1
    assert "stacks/Pulumi.sandbox.yaml:" in text
    assert "instance-handover:notify: is in plain text, and a target is a secret" in text
    project.declare("web-01", WEB_01)
    for run in (project.preview(), project.up()):
        assert not run.ok
        assert "instance-handover:notify: is in plain text" in run.text
        assert HIDDEN not in run.text
    # The history of updates has the settings of each, whatever a program does; the message asks for a new token.
    assert "have its service replace the token" in run.text
    assert HIDDEN not in project.pulumi("stack", "export").text
