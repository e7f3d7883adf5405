"""A sequence being played: a cloud, a project, its files, and every step done and judged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from sandbox.gateway import faults
from sandbox.models.errors import SandboxError
from sandbox.models.security_group_rules import Rule
from sandbox.models.world import DEMO, load
from sandbox.server.server import Sandbox
from tests.campaign import engine, observer
from tests.campaign.engine import Ended
from tests.campaign.files import E_MAIL, GROUP, INSTANCES, Files
from tests.campaign.invariants import Observation, ResourceSeen, TransferSeen, Violation, broken, orphans
from tests.campaign.steps import EVENTS, RECIPIENT_EVENTS, RUNS, Sequence, Step
from tests.engine.project import RECIPIENT, ROOT, Project
from tests.known_secrets import known_secrets

A_LITTLE = timedelta(minutes=1)
RETRY_AFTER_MS = 50
DELAY_SECONDS = 0.3
MOST_ROUNDS = 8
ENDLESS = Violation("runs end", f"a run took longer than {engine.LONGEST_RUN_SECONDS} s")


class Broken(Exception):
    """A sequence broke invariants, by the step's text."""

    def __init__(self, step: str, violations: list[Violation], text: str) -> None:
        super().__init__(f"{step}: {'; '.join(map(str, violations))}")
        self.step, self.violations, self.text = step, violations, text


class Scene:
    """The world of a sequence. `counts` is added to; invariants that are `tolerated` are counted only."""

    def __init__(
        self,
        cloud: Sandbox,
        project: Project,
        sequence: Sequence,
        counts: Counter[str],
        tolerated: Collection[str] = (),
    ) -> None:
        self._cloud, self._project, self._sequence, self._counts = cloud, project, sequence, counts
        self._tolerated = tolerated
        self._given = observer.owned(cloud)
        self._secrets = (*known_secrets(cloud), cloud.home.token.read_text(), E_MAIL)
        self._files = Files(project, sequence)
        self._most_cancellations = 1
        self.texts: list[str] = []

    @classmethod
    @contextmanager
    def made(
        cls, folder: Path, sequence: Sequence, counts: Counter[str], tolerated: Collection[str] = ()
    ) -> Iterator[Scene]:
        """A cloud and a project of the sequence's own."""
        with Sandbox.running(load(DEMO), directory=folder / "cloud") as cloud:
            project = Project.made(folder / "project", cloud, program=ROOT / "__main__.py")
            try:
                yield cls(cloud, project, sequence, counts, tolerated)
            finally:
                project.end_strays()
                counts["calls"] += observer.last_call(cloud)

    def play(self) -> None:
        """All steps, and then settle. Raises Broken."""
        for step in self._sequence.steps:
            self._counts["steps"] += 1
            if step.kind in RUNS:
                self._run(step)
            elif step.kind in EVENTS | RECIPIENT_EVENTS:
                self._happen(step)
            else:
                self._counts["edits"] += self._files.take(step)
        self._settle()

    # --- runs

    def _run(self, step: Step) -> Ended:
        for fault in step.faults:
            self._counts["faults"] += 1
            self._cloud.faults.add(
                faults.Fault.model_validate(
                    {"kind": fault.kind, "action": fault.action, "times": fault.times}
                    | {"retry_after_ms": RETRY_AFTER_MS, "seconds": DELAY_SECONDS}
                )
            )
        before, after = observer.state(self._project), observer.last_call(self._cloud)
        if step.kind == "two-ups":
            other = engine.begin(self._project, "up")
            ended = engine.run(self._project, self._cloud, "up", step.interruption)
            second = engine.finish(other, self._cloud)
            ended = Ended(
                max(abs(ended.code), abs(second.code)),
                ended.text + second.text,
                ended.signalled or second.signalled,
                ended.endless or second.endless,
            )
            # Their calls are each their own; a killed run's and the other's lock are dealt with below.
        else:
            ended = engine.run(self._project, self._cloud, step.kind, step.interruption)
        self._cloud.faults.clear()
        self._note(step, ended)
        refused = not (ended.ok or ended.signalled or ended.endless or observer.calls(self._cloud, after))
        self._counts["refused runs"] += refused
        if ended.signalled or ended.endless:
            self._clean_up_after(step)
        elif ended.ok and step.kind == "up":
            self._files.adopt()
        self._judge(step, ended, before, after)
        return ended

    def _note(self, step: Step, ended: Ended) -> None:
        self._counts["runs"] += 2 if step.kind == "two-ups" else 1
        self._counts["failed runs"] += not ended.ok
        if ended.signalled and step.interruption is not None:
            self._counts[step.interruption.signal] += 1
        self.texts.append(f"--- {step}: exit status {ended.code}\n{ended.text}")

    def _clean_up_after(self, step: Step) -> None:
        """What a person does after a run was broken off: see that nothing is left, and remove the lock."""
        self._counts["strays"] += engine.wait_for_strays(self._project)
        if step.interruption is None or step.interruption.signal != "SIGINT":
            cancelled = self._project.pulumi("cancel", "--yes", self._project.stack, stacked=False)
            self.texts.append(cancelled.text)

    def _judge(self, step: Step, ended: Ended, before: tuple[ResourceSeen, ...], after: int) -> None:
        calls = observer.calls(self._cloud, after)
        seen = Observation(
            intents=dict(self._files.intents),
            calls=calls,
            transfers=observer.transfers(self._cloud),
            owners=observer.owners(self._cloud),
            recipient=RECIPIENT,
            state_before=before,
            state=observer.state(self._project),
            groups=frozenset(found.id for found in before if (found.type, found.name) == ("SecurityGroup", GROUP)),
            text=ended.text,
            secrets=self._secrets,
            most_cancellations=self._most_cancellations,
            runs=2 if step.kind == "two-ups" else 1,
        )
        self._require_none(str(step), broken(seen) + ([ENDLESS] if ended.endless else []), ended.text)

    def _require_none(self, step: str, violations: list[Violation], text: str) -> None:
        for violation in violations:
            self._counts[f"tolerated: {violation.invariant}"] += violation.invariant in self._tolerated
        left = [violation for violation in violations if violation.invariant not in self._tolerated]
        if left:
            raise Broken(step, left, text)

    # --- what other people do

    def _happen(self, step: Step) -> None:
        instance = INSTANCES[step.which]
        desk, owner, clock = self._cloud.desk, self._cloud.owner, self._cloud.clock
        acts: dict[str, Callable[[], object]] = {
            "approve": lambda: desk.approve(instance),
            "reject": lambda: desk.reject(instance, reason=step.value),
            "expire": lambda: desk.expire(instance),
            "clock": lambda: clock.advance(timedelta(minutes=int(step.value))),
            "hand-cancel": lambda: owner.cancel_transfer(instance),
            "hand-stop": lambda: owner.stop(instance),
            "hand-add-rule": self._add_rule,
            "hand-remove-rule": self._remove_rule,
            "hand-release-address": lambda: self._change_address(release=True),
            "hand-unbind-address": lambda: self._change_address(release=False),
        }
        try:
            acts[step.kind]()
        except SandboxError:
            return
        self._counts["events"] += 1

    def _made_groups(self) -> list[str]:
        return [id_ for id_ in observer.owned(self._cloud) if id_.startswith("sg-") and id_ not in self._given]

    def _add_rule(self) -> None:
        rule = Rule(direction="ingress", protocol="tcp", ports="3389/3389", cidr="0.0.0.0/0")
        for group in self._made_groups()[:1]:
            self._cloud.owner.add_rule(group, rule)

    def _remove_rule(self) -> None:
        for group in self._made_groups()[:1]:
            for rule in self._cloud.state.rules(group)[:1]:
                self._cloud.owner.remove_rule(str(rule.id))

    def _change_address(self, *, release: bool) -> None:
        made = [eip for eip in self._cloud.state.eips(RECIPIENT) if eip.id not in self._given]
        for eip in made[:1]:
            if eip.instance is not None:
                self._cloud.owner.unbind_address(eip.id)
            if release:
                self._cloud.owner.release_address(eip.id)

    # --- the end

    def _settle(self) -> None:
        """Slips are undone, all that is declared is approved, the clock moves on; then nothing is left to do."""
        self._most_cancellations = 10
        self._files.side("both" if self._sequence.both_sides else "source", self._most_cancellations)
        self._files.undo_slips()
        ended = self._up("settle: what was removed is given up")
        if not ended.ok:
            # As the messages say: what can't be given up any more is restored, and so is the reason of what a killed
            # run submitted; a cancelled request gets another reason.
            self._declare_what_the_state_holds()
            self._restore_requests_under_way()
            self._change_cancelled_requests()
            ended = self._up("settle: what can not be done is undone")
        seen: tuple[TransferSeen, ...] = ()
        for _ in range(MOST_ROUNDS):
            waiting = self._approve_what_is_declared() or self._is_on_the_way()
            self._cloud.clock.advance(A_LITTLE)
            # What arrived while the last run was under way is only done by the next.
            if ended.ok and not waiting and seen == observer.transfers(self._cloud):
                break
            seen = observer.transfers(self._cloud)
            ended = self._up("settle: what is due is done")
        if not ended.ok:
            raise Broken("settle", [Violation("settles", "up fails for good")], ended.text)
        step = Step("settled")
        ended = engine.run(self._project, self._cloud, "settled")
        self._note(step, ended)
        if not ended.ok:
            raise Broken("settle", [Violation("settles", "preview --expect-no-changes fails")], ended.text)
        self._judge_the_end(ended)

    def _up(self, what: str) -> Ended:
        return self._run(Step("up", value=what))

    def _approve_what_is_declared(self) -> bool:
        approved = False
        for transfer in observer.transfers(self._cloud):
            intent = self._files.intents.get(transfer.instance_id)
            if transfer.status == "UnderReview" and intent is not None and intent.declared:
                self._cloud.desk.approve(transfer.id)
                approved = True
        return approved

    def _is_on_the_way(self) -> bool:
        """Whether the recipient's side has something to receive that is declared."""
        declared = {instance for instance, intent in self._files.intents.items() if intent.declared and intent.recreate}
        receivable = ("Approved", "Transferring")
        return any(
            found.status in receivable and found.instance_id in declared for found in observer.transfers(self._cloud)
        )

    def _declare_what_the_state_holds(self) -> None:
        held = {found.instance_id for found in observer.state(self._project)}
        for instance, intent in self._files.intents.items():
            if not intent.declared and instance in held:
                self._files.restore(instance)
        self._files.write_all()

    def _restore_requests_under_way(self) -> None:
        """A request that a killed run submitted, and whose reason was changed since, is adopted by its own reason."""
        tracked = {found.id for found in observer.state(self._project)}
        for transfer in observer.transfers(self._cloud):
            intent = self._files.intents.get(transfer.instance_id)
            unknown = transfer.status in ("UnderReview", "Approved") and transfer.id not in tracked
            if unknown and intent is not None and intent.declared and intent.reason != transfer.reason:
                self._files.restore(transfer.instance_id, transfer.reason)
        self._files.write_all()

    def _change_cancelled_requests(self) -> None:
        """A request that was cancelled before it came into the state is never accepted again."""
        tracked = {found.id for found in observer.state(self._project)}
        for transfer in observer.transfers(self._cloud):
            intent = self._files.intents.get(transfer.instance_id)
            lost = transfer.status == "Cancelled" and transfer.id not in tracked
            if lost and intent is not None and intent.declared and intent.reason == transfer.reason:
                self._files.restore(transfer.instance_id, f"{transfer.reason}, once more")
        self._files.write_all()

    def _judge_the_end(self, ended: Ended) -> None:
        made = {id_: what for id_, what in observer.owned(self._cloud).items() if id_ not in self._given}
        state = observer.state(self._project)
        violations = orphans(made, state, ended.text)
        self._counts["pending operations left"] += observer.pending_operations(self._project)
        if self._sequence.both_sides:
            received = {found.instance_id for found in state if found.type == "InstanceReceipt"}
            for transfer in observer.transfers(self._cloud):
                intent = self._files.intents.get(transfer.instance_id)
                if transfer.status == "Completed" and intent and intent.declared:
                    bound = self._cloud.state.eip_of(transfer.instance_id) is not None
                    if transfer.instance_id not in received or bound != intent.eip:
                        violations.append(
                            Violation("nothing is lost", f"{transfer.instance_id} arrived, without its receipt or EIP")
                        )
        self._require_none("settle", violations, ended.text)
