"""What can happen in a sequence, and sequences of it made from a seed: pure, and the same for the same seed.

Every step says all of itself beforehand, and does nothing where there is nothing for it to do, so that a sequence
without some of its steps is a sequence too.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from random import Random
from typing import Any

RUNS = ("up", "preview", "refresh", "two-ups")
FAULT_KINDS = ("throttle", "error", "delay", "cut-before", "cut-after")
SIGNALS = ("SIGINT", "SIGTERM", "SIGKILL")

TRANSFER_ACTIONS = ("TransferInstance", "DescribeInstanceTransfers", "CancelInstanceTransfer", "DescribeInstances")
RECIPIENT_ACTIONS = (
    "AcceptInstanceTransfer",
    "CreateSecurityGroup",
    "AuthorizeSecurityGroup",
    "AllocateEipAddress",
    "AssociateEipAddress",
    "DescribeEipAddresses",
    "DescribeSecurityGroups",
)
PARKINGS = ("{}.yaml.bak", ".{}.yaml", "{}.yaml.txt", "{}.json")

# What else happens, and how often each: what people do at the cloud, and to the files of the stack, on purpose or not.
# The last table of each is for sequences that run the recipient's side as well.
EVENTS = {"approve": 6, "reject": 1, "expire": 1, "clock": 3, "hand-cancel": 1, "hand-stop": 1}
RECIPIENT_EVENTS = {"hand-add-rule": 1, "hand-remove-rule": 1, "hand-release-address": 1, "hand-unbind-address": 1}
EDITS = {
    "edit-reason": 2,
    "remove": 3,
    "restore": 2,
    "rename": 2,
    "swap": 2,
    "chain": 1,
    "reuse": 1,
    "overwrite": 1,
    "park": 2,
    "move-folder": 1,
}
RECIPIENT_EDITS = {"edit-bandwidth": 1, "edit-rule": 2, "side": 1}


@dataclass(frozen=True)
class Fault:
    """Trouble for the next `times` calls of an action."""

    kind: str
    action: str
    times: int = 1


@dataclass(frozen=True)
class Interruption:
    """A signal to the engine when the `count`-th call of the action was logged in this run; `*`: of any action."""

    signal: str
    action: str
    count: int = 1


@dataclass(frozen=True)
class Step:
    """A step: what happens, to which handovers (by their number), and with what."""

    kind: str
    which: int = 0
    other: int = 1
    value: str = ""
    faults: tuple[Fault, ...] = ()
    interruption: Interruption | None = None

    def __str__(self) -> str:
        return json.dumps(to_json(self))


@dataclass(frozen=True)
class Sequence:
    """A world's variant, and what happens in it. `handovers` is how many there are at first."""

    seed: int
    both_sides: bool
    protect: bool
    handovers: int
    steps: tuple[Step, ...] = field(default=())

    def with_steps(self, steps: Iterable[Step]) -> Sequence:
        """The same world with other steps."""
        return replace(self, steps=tuple(steps))

    def listed(self) -> str:
        """A runnable list: the world in the first line, then a step a line."""
        world = {key: value for key, value in asdict(self).items() if key != "steps"}
        return "\n".join([json.dumps(world), *map(str, self.steps)])


def to_json(step: Step) -> dict[str, Any]:
    """What a step is, without what it leaves as it usually is."""
    usual = asdict(Step(step.kind))
    return {"kind": step.kind} | {key: value for key, value in asdict(step).items() if value != usual[key]}


def parsed(text: str) -> Sequence:
    """A sequence from its runnable list."""
    world, *steps = (json.loads(line) for line in text.splitlines() if line.strip())
    return Sequence(**world).with_steps(_from_json(step) for step in steps)


def _from_json(given: dict[str, Any]) -> Step:
    faults = tuple(Fault(**fault) for fault in given.get("faults", ()))
    at = given.get("interruption")
    return Step(**given | {"faults": faults, "interruption": Interruption(**at) if at else None})


def generated(seed: int) -> Sequence:
    """The sequence of a seed: a first `up`, then five to ten steps, half of them runs."""
    random = Random(seed)
    both_sides = random.random() < 2 / 3
    sequence = Sequence(seed, both_sides, protect=random.random() < 0.5, handovers=random.choice((2, 2, 3)))
    weights = EVENTS | EDITS | (RECIPIENT_EVENTS | RECIPIENT_EDITS if both_sides else {})
    steps = [_run(random, both_sides, kinds=("up",))]
    for number in range(random.randint(5, 10)):
        if number % 2:
            steps.append(_run(random, both_sides))
        else:
            (kind,) = random.choices(tuple(weights), tuple(weights.values()))
            steps.append(_event(random, kind, number))
    return sequence.with_steps(steps)


def _run(random: Random, both_sides: bool, kinds: tuple[str, ...] = ()) -> Step:
    (kind,) = kinds or random.choices(RUNS, (10, 2, 2, 2))
    actions = TRANSFER_ACTIONS + (RECIPIENT_ACTIONS if both_sides else ())
    faults = []
    if random.random() < 0.4:
        for _ in range(random.choice((1, 1, 2))):
            faults.append(Fault(random.choice(FAULT_KINDS), random.choice((*actions, "*")), random.randint(1, 3)))
    interruption = None
    if kind != "preview" and random.random() < 0.45:
        action = "*" if random.random() < 0.5 else random.choice(actions)
        count = random.randint(1, 40 if both_sides else 12) if action == "*" else random.randint(1, 3)
        interruption = Interruption(random.choice((*SIGNALS, "SIGKILL")), action, count)
    return Step(kind, faults=tuple(faults), interruption=interruption)


def _event(random: Random, kind: str, number: int) -> Step:
    which, other = random.sample(range(3), 2)
    values = {
        "reject": "The recipient has arrears.",
        "clock": str(random.choice((1, 31, 121, 1500))),
        "edit-reason": f"Reason {number}",
        "restore": f"Restored {number}",
        "rename": f"renamed-{number}",
        "chain": f"chained-{number}",
        "reuse": f"reused-{number}",
        "park": random.choice(PARKINGS),
        "edit-bandwidth": str(random.randint(1, 50)),
        "edit-rule": random.choice(("add", "change", "remove")),
    }
    return Step(kind, which, other, values.get(kind, ""))
