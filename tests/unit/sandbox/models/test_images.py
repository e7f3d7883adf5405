"""An image and how it gets made, by the time alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from sandbox.models.images import Image, ImageDisk, Share

BEGUN = datetime(2026, 1, 1, tzinfo=UTC)
IMAGE = Image(id="m-1", region="cn-hangzhou", created=BEGUN, done=BEGUN + timedelta(minutes=10))
FAILING = IMAGE.model_copy(update={"fails_at": BEGUN + timedelta(minutes=5)})


@pytest.mark.parametrize(
    ("image", "minutes", "standing"),
    [
        (IMAGE, 0, ("Creating", "0%")),
        (IMAGE, 3.75, ("Creating", "37%")),
        (IMAGE, 9.999, ("Creating", "99%")),
        (IMAGE, 10, ("Available", "100%")),
        (FAILING, 4, ("Creating", "40%")),
        (FAILING, 5, ("CreateFailed", "50%")),
        (FAILING, 60, ("CreateFailed", "50%")),
        (IMAGE.model_copy(update={"status": "Deprecated"}), 60, ("Deprecated", "100%")),
        (Image(id="m-1", region="cn-hangzhou"), 0, ("Available", "100%")),
        (Image(id="m-1", region="cn-hangzhou", status="UnAvailable"), 0, ("UnAvailable", "")),
    ],
)
def test_it_is_made_little_by_little(image: Image, minutes: float, standing: tuple[str, str]) -> None:
    now = BEGUN + timedelta(minutes=minutes)
    assert (image.status_at(now), image.progress_at(now)) == standing


def test_what_is_made_at_once_is_never_half_done() -> None:
    at_once = IMAGE.model_copy(update={"done": BEGUN})
    assert (at_once.status_at(BEGUN), at_once.progress_at(BEGUN)) == ("Available", "100%")


def test_its_disks_make_it_large_and_encrypted() -> None:
    plain = ImageDisk(device="/dev/xvda", type="system", size_gib=60, snapshot="s-1")
    vault = ImageDisk(device="/dev/xvdb", type="data", size_gib=500, snapshot="s-2", encrypted=True)
    assert (IMAGE.size_gib, IMAGE.encrypted) == (20, False)
    image = IMAGE.model_copy(update={"disks": (plain, vault), "shares": (Share(account="1"),)})
    assert (image.size_gib, image.encrypted) == (60, True)
    assert image.shared_with("1")
    assert not image.shared_with("2")
