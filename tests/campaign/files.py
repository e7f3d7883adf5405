"""A stack's folder as people edit it, on purpose and by slips, and what they want all the while."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from tests.campaign.invariants import Intent
from tests.campaign.steps import Sequence, Step
from tests.engine.project import DB_01, RECIPIENT, WEB_01, WEB_02, Project

INSTANCES = (WEB_01, WEB_02, DB_01)
NAMES = ("web-01", "web-02", "db-01")
# Named when a name is used again for another instance.
EXTRA = ("i-bp1stopped0000000001", "i-bp1protected00000001", "i-bp1eip00000000000001")
REASON = "Project Orchid moves"
E_MAIL = "cloud@orchid.example"
VPC, VSWITCH, GROUP = "vpc-bp1orchid00000001", "vsw-bp1orchid00000001", "front"
RULES: dict[str, Any] = {
    "https": {"direction": "ingress", "protocol": "tcp", "ports": 443, "source": "0.0.0.0/0"},
    "ssh": {"direction": "ingress", "protocol": "tcp", "ports": 22, "source": "198.51.100.0/24", "priority": 10},
}


class Files:
    """The files of a stack. `intents` is what people want by now, by instance; slips do not change it."""

    def __init__(self, project: Project, sequence: Sequence) -> None:
        self._project = project
        self._sequence = sequence
        self._folder = project.folder / "stacks" / project.stack
        self._rules = {name: dict(rule) for name, rule in RULES.items()}
        self._bandwidth: dict[str, int] = {}
        self.intents: dict[str, Intent] = {}
        # Instances declared under a name that another one has, as long as no run took them.
        self._doubtful: set[str] = set()
        both = sequence.both_sides
        for number in range(sequence.handovers):
            self.intents[INSTANCES[number]] = Intent(NAMES[number], REASON, recreate=both, eip=both and number < 2)
        self.side("both" if both else "source")
        self.write_all()

    def side(self, side: str, most_cancellations: int = 1) -> None:
        """Write the stack's settings."""
        config: dict[str, Any] = {"side": side, "maxCancellations": most_cancellations}
        if self._sequence.both_sides:
            config |= {"recipientProfile": "sandbox-recipient", "protect": self._sequence.protect}
        self._project.configure(**config)

    def write_all(self) -> None:
        """Write the folder as it is wanted, and nothing else."""
        moved = self._moved
        if moved.exists():
            moved.rename(self._folder)
        self._folder.mkdir(exist_ok=True)
        for file in self._folder.iterdir():
            file.unlink()
        for instance, intent in self.intents.items():
            if intent.declared:
                self._write(intent.name, instance)
        self._write_groups()

    def adopt(self) -> None:
        """After a run that succeeded, what the files declare is what is wanted."""
        for file in self._manifests():
            read = yaml.safe_load(file.read_text())
            recreate = read.get("recreate", {})
            self.intents[read["instance_id"]] = Intent(
                file.stem, read["reason"], recreate=bool(recreate), eip="eip" in recreate
            )
            self._doubtful.discard(read["instance_id"])
        for instance in self._overwritten():
            self.intents[instance] = replace(self.intents[instance], declared=False)

    def undo_slips(self) -> None:
        """Write the folder as it is wanted: what no run took under another's name is given up."""
        for instance in self._doubtful:
            self.intents[instance] = replace(self.intents[instance], declared=False)
        self.write_all()

    def restore(self, instance: str, reason: str | None = None) -> None:
        """Want an instance handed over after all."""
        intent = self.intents[instance]
        self.intents[instance] = replace(intent, declared=True, reason=reason or intent.reason)

    def take(self, step: Step) -> bool:
        """Do what the step does to the files. False where there is nothing to do it to."""
        act = getattr(self, "_" + step.kind.replace("-", "_"))
        return bool(act(step))

    # --- on purpose

    def _edit_reason(self, step: Step) -> bool:
        return self._edited(step, lambda instance: self._want(instance, reason=step.value))

    def _edit_bandwidth(self, step: Step) -> bool:
        return self._edited(step, lambda instance: self._bandwidth.__setitem__(instance, int(step.value)))

    def _edited(self, step: Step, edit: Any) -> bool:
        instance = INSTANCES[step.which]
        if not self._is_in_place(instance):
            return False
        edit(instance)
        self._write(self.intents[instance].name, instance)
        return True

    def _remove(self, step: Step) -> bool:
        instance = INSTANCES[step.which]
        if not self._is_in_place(instance):
            return False
        self._file(self.intents[instance].name).unlink()
        self._want(instance, declared=False)
        return True

    def _restore(self, step: Step) -> bool:
        instance = INSTANCES[step.which]
        known = self.intents.get(instance)
        if known is None or known.declared or not self._folder.exists() or self._file(known.name).exists():
            return False
        self.restore(instance, step.value)
        self._write(self.intents[instance].name, instance)
        return True

    def _rename(self, step: Step) -> bool:
        instance = INSTANCES[step.which]
        if not self._is_in_place(instance):
            return False
        self._file(self.intents[instance].name).rename(self._file(step.value))
        self._want(instance, name=step.value)
        return True

    def _edit_rule(self, step: Step) -> bool:
        if not self._folder.exists():
            return False
        if step.value == "add":
            self._rules["http"] = {"direction": "ingress", "protocol": "tcp", "ports": 80, "source": "0.0.0.0/0"}
        elif step.value == "change":
            self._rules["https"]["priority"] = self._rules["https"].get("priority", 1) + 1
        else:
            self._rules.pop("ssh", None)
        self._write_groups()
        return True

    # --- slips

    def _swap(self, step: Step) -> bool:
        return self._exchanged(step, None)

    def _chain(self, step: Step) -> bool:
        return self._exchanged(step, step.value)

    def _exchanged(self, step: Step, free: str | None) -> bool:
        """`other` takes a free name, or the name of `which`; `which` takes the name of `other`."""
        pair = (INSTANCES[step.which], INSTANCES[step.other])
        if not all(map(self._is_in_place, pair)):
            return False
        one_file, other_file = (self._file(self.intents[instance].name) for instance in pair)
        texts = one_file.read_text(), other_file.read_text()
        one_file.unlink()
        other_file.write_text(texts[0])
        (self._file(free) if free else one_file).write_text(texts[1])
        return True

    def _reuse(self, step: Step) -> bool:
        """Rename a handover, and give its name to another instance, in one edit."""
        instance = INSTANCES[step.which]
        if not self._is_in_place(instance):
            return False
        name = self.intents[instance].name
        self._file(name).rename(self._file(step.value))
        self._want(instance, name=step.value)
        self._declare_extra(name, EXTRA[step.which])
        return True

    def _overwrite(self, step: Step) -> bool:
        """Enter another instance in a handover's file."""
        instance = INSTANCES[step.which]
        if not self._is_in_place(instance):
            return False
        name = self.intents[instance].name
        self._declare_extra(name, EXTRA[step.which])
        return True

    def _park(self, step: Step) -> bool:
        instance = INSTANCES[step.which]
        if not self._is_in_place(instance):
            return False
        name = self.intents[instance].name
        self._file(name).rename(self._folder / step.value.format(name))
        return True

    def _move_folder(self, _: Step) -> bool:
        if not self._folder.exists():
            return False
        self._folder.rename(self._moved)
        return True

    def _side(self, _: Step) -> bool:
        self.side("recipient")
        return True

    # --- the files themselves

    @property
    def _moved(self) -> Path:
        return self._folder.with_name(f"{self._folder.name}-moved")

    def _file(self, name: str) -> Path:
        return self._folder / f"{name}.yaml"

    def _manifests(self) -> list[Path]:
        return [file for file in self._folder.glob("[!.]*.yaml") if file.stem != "security-groups"]

    def _is_in_place(self, instance: str) -> bool:
        """Whether the instance is declared, in the file that is named as it is wanted."""
        intent = self.intents.get(instance)
        if intent is None or not intent.declared or not self._file(intent.name).is_file():
            return False
        return bool(yaml.safe_load(self._file(intent.name).read_text())["instance_id"] == instance)

    def _declare_extra(self, name: str, instance: str) -> None:
        self.intents[instance] = Intent(name, REASON, recreate=self._sequence.both_sides)
        self._doubtful.add(instance)
        self._write(name, instance)

    def _overwritten(self) -> list[str]:
        """The wanted instances that no file declares, though the file of their name is there."""
        declared = {yaml.safe_load(file.read_text())["instance_id"] for file in self._manifests()}
        names = {file.stem for file in self._manifests()}
        return [
            instance
            for instance, intent in self.intents.items()
            if intent.declared and instance not in declared and intent.name in names
        ]

    def _want(self, instance: str, **changes: Any) -> None:
        self.intents[instance] = replace(self.intents[instance], **changes)

    def _write(self, name: str, instance: str, intent: Intent | None = None) -> None:
        intent = intent or self.intents[instance]
        fields: dict[str, Any] = {"reason": intent.reason}
        if instance == WEB_02:
            fields["recipient_email"] = E_MAIL
        if intent.recreate:
            fields["recreate"] = {"vswitch_id": VSWITCH, "security_groups": [GROUP]}
            if intent.eip:
                fields["recreate"]["eip"] = {"bandwidth": self._bandwidth.get(instance, 5)}
                if instance == WEB_01:
                    fields["recreate"]["eip"]["allocate"] = "now"
        self._project.declare(name, instance, recipient_account_id=RECIPIENT, **fields)

    def _write_groups(self) -> None:
        if self._sequence.both_sides:
            groups = {GROUP: {"vpc_id": VPC, "rules": self._rules}}
            (self._folder / "security-groups.yaml").write_text(yaml.safe_dump(groups))
