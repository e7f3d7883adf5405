"""Write a stack's plan as the one comment it has on a pull request, or update that comment.

    python -m tools.pull_request.comment --stack STACK FILE

The comment is known by a marker in its first line and by its author, the workflow itself: a comment that somebody else
begins with the same marker is never touched. So a second run, or a run after an answer that was cut off, updates it.
Environment, as GitHub sets it: GITHUB_API_URL, GITHUB_REPOSITORY, GITHUB_EVENT_PATH; GITHUB_TOKEN, with
`pull-requests: write`.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import requests
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt
from tenacity.wait import wait_exponential

AUTHOR = "github-actions[bot]"
LONGEST = 65_536  # characters GitHub takes
PAGE = 100
SECONDS = 10.0


class TryAgain(Exception):
    """No answer, or one that says to come back."""


class Refused(Exception):
    """GitHub refused, or answered what can't be used."""


class Comments:
    """The comments of a pull request."""

    def __init__(self, environment: Mapping[str, str], number: int) -> None:
        self._repository = f"{environment['GITHUB_API_URL']}/repos/{environment['GITHUB_REPOSITORY']}"
        self._number = number
        self._session = requests.Session()
        self._session.headers["Authorization"] = f"Bearer {environment['GITHUB_TOKEN']}"
        self._session.headers["Accept"] = "application/vnd.github+json"

    def write(self, marker: str, text: str) -> str:
        """Write the comment with this marker; its address. Looked up first, so it may be called again."""
        body = {"body": f"{marker}\n{text}"}
        for comment in self._all():
            if comment["user"]["login"] == AUTHOR and str(comment["body"]).startswith(marker):
                return str(self._call("PATCH", f"issues/comments/{int(comment['id'])}", json=body)["html_url"])
        return str(self._call("POST", f"issues/{self._number}/comments", json=body)["html_url"])

    def _all(self) -> Iterator[Mapping[str, Any]]:
        page = 1
        while True:
            found = self._call("GET", f"issues/{self._number}/comments", params={"per_page": PAGE, "page": page})
            yield from found
            if len(found) < PAGE:
                return
            page += 1

    def _call(self, method: str, path: str, **sent: Any) -> Any:
        doing = f"{method} {path}"
        try:
            answer = self._session.request(method, f"{self._repository}/{path}", timeout=SECONDS, **sent)
            if answer.status_code >= 500 or answer.status_code == 429:
                raise TryAgain(f"{doing} was answered with {answer.status_code}")
            if answer.status_code >= 400:
                hint = ". The job needs `permissions: pull-requests: write`" if answer.status_code == 403 else ""
                raise Refused(f"{doing} was answered with {answer.status_code}{hint}")
            return answer.json()
        except requests.JSONDecodeError:
            raise TryAgain(f"{doing} had an unreadable answer") from None
        except requests.RequestException as error:
            raise TryAgain(f"{doing} had no answer ({type(error).__name__})") from None


def main(arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.pull_request.comment", description=__doc__.splitlines()[0])
    parser.add_argument("--stack", required=True, help="the stack whose plan it is")
    parser.add_argument("file", type=Path, help="the plan, as Markdown")
    asked = parser.parse_args(arguments)
    marker = f"<!-- handover plan: {asked.stack} -->"
    try:
        number = int(json.loads(Path(environment["GITHUB_EVENT_PATH"]).read_text("utf-8"))["pull_request"]["number"])
        comments = Comments(environment, number)
        text = asked.file.read_text("utf-8")
        if len(marker) + 1 + len(text) > LONGEST:
            raise Refused(f"{asked.file} has {len(text):,} characters, and a comment holds {LONGEST:,}")
        retrying = Retrying(
            stop=stop_after_attempt(4),
            wait=wait_exponential(multiplier=0.2, max=5),
            retry=retry_if_exception_type(TryAgain),
            reraise=True,
        )
        print(retrying(comments.write, marker, text))
    except KeyError as error:
        return _failed(f"{error} is missing: this is a pull request's step of a workflow")
    except (OSError, ValueError, TypeError, TryAgain, Refused) as error:
        return _failed(str(error))
    return 0


def _failed(why: str) -> int:
    print(f"Could not write the comment: {why}.", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
