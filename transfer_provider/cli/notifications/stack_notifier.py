"""A stack's targets and its notifier, from its files and settings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from transfer_provider.cli.engine.backend import Backend
from transfer_provider.cli.engine.command import Engine, EngineFailed, NotReady
from transfer_provider.cli.examined_stack import ExaminedStack
from transfer_provider.cli.follow.standing import Standing
from transfer_provider.cli.notifications.lease import WATCH
from transfer_provider.cli.notifications.notifier import Notifier, Result
from transfer_provider.cli.notifications.tags import StackTags
from transfer_provider.cli.notifications.targets import Target, read_targets
from transfer_provider.cli.stack import read_stack
from transfer_provider.cloud.errors import Refused


@dataclass(frozen=True)
class Targets:
    """The targets of a stack, and what it takes to send them its news."""

    stack: str
    language: str
    targets: Sequence[Target]
    tags: StackTags

    @classmethod
    def read(cls, root: Path, stack: str, engine: Engine | None = None) -> Targets:
        """The targets as Pulumi decrypts them.

        Raises FilesRefused with every problem of the stack's file, a target in plain text among them, and Refused where
        the setting can't be decrypted, or a target is no Apprise URL.
        """
        engine = engine or Engine()
        examined = ExaminedStack(stack, lambda: root, read_stack)
        settings, _ = examined.read()
        backend = Backend(examined, engine)
        try:
            if backend.listed is None:
                raise EngineFailed("the backend has no such stack yet")
            decrypted = engine.decrypted(stack, f"{examined.project.get('name')}:notify", folder=root)
        except (EngineFailed, NotReady) as error:
            why = f"the {error.check} is missing" if isinstance(error, NotReady) else str(error).rstrip(".")
            raise Refused(
                f"Could not read the notification targets of stack {stack}: {why}. "
                f"`handover doctor --stack {stack}` reports more."
            ) from None
        tags = StackTags(engine, stack, folder=root, backend=backend.url)
        return cls(stack, settings.language, read_targets(decrypted), tags)

    def notifier(self, kind: str) -> Notifier:
        """A notifier for the news of this stack."""
        return Notifier(self.tags, self.targets, stack=self.stack, language=self.language, kind=kind)


class Announcer:
    """Announces each look of a `handover watch`, and has `say` report what went wrong, once until it changes."""

    def __init__(self, targets: Targets, now: Callable[[], datetime], say: Callable[[str], None]) -> None:
        self._notifier = targets.notifier(WATCH)
        self._now = now
        self._say = say
        self._said: Sequence[str] = ()

    def announce(self, standings: Sequence[Standing]) -> None:
        """Announce the news; whatever fails, watching goes on."""
        result = self._notifier.announce(standings, self._now())
        notes = _notes(result)
        for note in notes:
            if note not in self._said:
                self._say(note)
        self._said = notes
        if result.messages:
            self._say(f"Announced: {result.handovers} in {result.messages} notifications.")

    def close(self) -> None:
        """Let another announce."""
        self._notifier.close()


def _notes(result: Result) -> list[str]:
    notes = list(result.problems)
    if not result.announces and result.holder:
        notes.append(
            f"Another `handover {result.holder.kind}` announces: process {result.holder.pid} of {result.holder.host}."
        )
    return notes + [
        f"Notification target {name} failed, and is tried again: {why}." for name, why in result.failed.items()
    ]
