"""A stand-in for GitHub's endpoint of a pull request's comments, on a free port of this machine."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

REPOSITORY = "acme/handovers"


class GitHub(ThreadingHTTPServer):
    """Keeps the comments of pull request 7. `answers` are the statuses of the next calls, first to last; then 200."""

    token = "stand-in-token"  # noqa: S105

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Call)
        self.comments: list[dict[str, Any]] = []
        self.answers: list[int] = []
        self.calls = 0
        self.lock = threading.Lock()
        self._cut_off = ""

    def environment(self) -> dict[str, str]:
        """What GitHub sets for a step that comments."""
        return {
            "GITHUB_API_URL": f"http://127.0.0.1:{self.server_address[1]}",
            "GITHUB_REPOSITORY": REPOSITORY,
            "GITHUB_TOKEN": self.token,
        }

    def add(self, login: str, body: str) -> dict[str, Any]:
        number = len(self.comments) + 1
        comment = {"id": number, "user": {"login": login}, "body": body, "html_url": f"comment {number}"}
        self.comments.append(comment)
        return comment

    def cut_off_next(self, method: str) -> None:
        """Do what the next call of this method asks, and give no answer."""
        self._cut_off = method

    def take_cut_off(self, method: str) -> bool:
        taken, self._cut_off = self._cut_off == method, "" if self._cut_off == method else self._cut_off
        return taken


class _Call(BaseHTTPRequestHandler):
    server: GitHub

    def do_GET(self) -> None:
        query = parse_qs(urlsplit(self.path).query)
        size, page = int(query["per_page"][0]), int(query["page"][0])
        self._answer("issues/7/comments", lambda _: self.server.comments[(page - 1) * size : page * size])

    def do_POST(self) -> None:
        self._answer("issues/7/comments", lambda body: self.server.add("github-actions[bot]", body["body"]))

    def do_PATCH(self) -> None:
        number = int(self.path.rpartition("/")[2])

        def update(body: dict[str, Any]) -> dict[str, Any]:
            self.server.comments[number - 1]["body"] = body["body"]
            return self.server.comments[number - 1]

        self._answer(f"issues/comments/{number}", update)

    def _answer(self, path: str, work: Any) -> None:
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or "null")
        with self.server.lock:
            self.server.calls += 1
            status = self.server.answers.pop(0) if self.server.answers else 200
            if urlsplit(self.path).path != f"/repos/{REPOSITORY}/{path}":
                status = 404
            if self.headers["Authorization"] != f"Bearer {self.server.token}":
                status = 401
            found = work(body) if status == 200 else {"message": "no"}
            if status == 200 and self.server.take_cut_off(self.command):
                self.close_connection = True
                return
        text = json.dumps(found).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_: object) -> None:
        """Not to the terminal."""
