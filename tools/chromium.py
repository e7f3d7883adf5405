"""A real Chromium without a window, in which a page of this machine is looked at: Debian's packages `chromium` and
`chromium-driver`, or what else is on PATH. It resolves no name, so that it calls nothing on the network."""

from __future__ import annotations

import base64
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

from selenium import webdriver
from selenium.webdriver.chrome.service import Service

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
DRIVER = "chromedriver"
MISSING = "Chromium and its driver are not installed; Debian: apt-get install chromium chromium-driver"

FLAGS = (
    "--headless",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--host-resolver-rules=MAP * ~NOTFOUND",
)

Scheme = Literal["light", "dark"]


def found() -> tuple[str, str] | None:
    """The browser and its driver; None where this machine lacks either."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    driver = shutil.which(DRIVER)
    return (browser, driver) if browser and driver else None


@dataclass(frozen=True)
class Chromium:
    """A running browser."""

    driver: webdriver.Chrome

    def open(self, page: Path, *, width: int, scheme: Scheme = "light", media: str = "") -> None:
        """Open a file at a window's width, in a colour scheme, on a screen or as it is printed (`media`: print)."""
        metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
        self._command("Emulation.setDeviceMetricsOverride", metrics)
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self._command("Emulation.setEmulatedMedia", {"media": media, "features": features})
        self.requests()
        self.driver.get(page.as_uri())

    def run(self, script: str) -> Any:
        """What a script returns in the page."""
        return self.driver.execute_script(script)

    def errors(self) -> list[str]:
        """What the page logged: errors of scripts, and what its content security policy refused."""
        return [str(entry["message"]) for entry in self._log("browser")]

    def requests(self) -> list[str]:
        """The addresses that were requested since this was called last."""
        messages = [json.loads(entry["message"])["message"] for entry in self._log("performance")]
        sent = (message for message in messages if message["method"] == "Network.requestWillBeSent")
        return [str(message["params"]["request"]["url"]) for message in sent]

    def picture(self, *, width: int, height: int, scale: float = 1) -> bytes:
        """The page from its top, as PNG."""
        clip = {"x": 0, "y": 0, "width": width, "height": height, "scale": scale}
        taken = self._command("Page.captureScreenshot", {"captureBeyondViewport": True, "clip": clip})
        return base64.b64decode(taken["data"])

    def _log(self, kind: str) -> list[dict[str, Any]]:
        driver: Any = self.driver  # Selenium publishes no type for this.
        return list(driver.get_log(kind))

    def _command(self, name: str, values: Mapping[str, Any]) -> Any:
        return self.driver.execute_cdp_cmd(name, dict(values))


@contextmanager
def running() -> Iterator[Chromium]:
    """A browser with a new profile, until the end. Raises FileNotFoundError where this machine has none."""
    commands = found()
    if commands is None:
        raise FileNotFoundError(MISSING)
    with TemporaryDirectory(prefix="chromium-", ignore_cleanup_errors=True) as profile:
        options = webdriver.ChromeOptions()
        options.binary_location = commands[0]
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        # Its sandbox can't be had as root.
        for flag in (*FLAGS, *(["--no-sandbox"] if os.geteuid() == 0 else []), f"--user-data-dir={profile}"):
            options.add_argument(flag)
        driver = webdriver.Chrome(options=options, service=Service(executable_path=commands[1]))
        try:
            yield Chromium(driver)
        finally:
            driver.quit()
