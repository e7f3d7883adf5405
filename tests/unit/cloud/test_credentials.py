"""The message where no credentials can be had: one sentence, and nothing of the library's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from alibabacloud_credentials.provider import refreshable

from transfer_provider.cloud import credentials
from transfer_provider.cloud.errors import NotAllowed


def test_the_librarys_own_words_and_tracebacks_are_not_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    class NothingThere:
        """A default chain that finds nothing, and logs that as the real one does."""

        def get_provider_name(self) -> str:
            return "default"

        def get_credentials(self) -> Any:
            try:
                raise RuntimeError("Failed to get RAM session credentials")
            except RuntimeError as error:
                refreshable.log.warning(f"Refresh credentials failed, error: {error}")
                refreshable.log.exception(error)
                raise

    monkeypatch.setattr(credentials, "DefaultCredentialsProvider", NothingThere)
    with pytest.raises(NotAllowed, match="no credentials found in the environment"):
        credentials.resolve(None)
    assert not caplog.records
