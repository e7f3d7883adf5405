"""The pictures of docs/report.md, of a report's HTML: `python -m tools.pictures .sandbox/demo-report.html`."""

from __future__ import annotations

import sys
from pathlib import Path

from tools import chromium

DOCS = Path(__file__).parents[1] / "docs"
SIZES = {360: (1300, 1.0), 1280: (2380, 0.6)}  # height and scale, by width
OPEN = "document.querySelectorAll('details.handover')[1].open = true"


def main() -> int:
    if len(sys.argv) != 2:
        print(__doc__)
        return 2
    page = Path(sys.argv[1]).resolve()
    with chromium.running() as browser:
        for width, (height, scale) in SIZES.items():
            for scheme in ("light", "dark"):
                browser.open(page, width=width, scheme="dark" if scheme == "dark" else "light")
                browser.run(OPEN)
                target = DOCS / f"report-{width}-{scheme}.png"
                target.write_bytes(browser.picture(width=width, height=height, scale=scale))
                print(f"{target} ({target.stat().st_size // 1024} KiB)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
