"""Of a state's address, scheme, host and path are printed; no password, wherever in it and whatever it is made of."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transfer_provider.cli.engine.backend_address import shown, without_secrets
from transfer_provider.cli.engine.command import last_error


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("postgres://db:5432/state", "postgres://db:5432/state"),
        ("postgres://pulumi:hunter2@db/state", "postgres://db/state"),
        ("postgres://db/state?user=pulumi&password=hunter2", "postgres://db/state"),
        ("postgres://user:pa@ss@host:5432/db?sslmode=require", "postgres://host:5432/db"),
        ("postgres://user:p/a:s?s#w%40d x@host/db", "postgres://host/db"),
        ("postgres://user:secret@[2001:db8::1]:5432/db", "postgres://[2001:db8::1]:5432/db"),
        ("postgres://user:secret@a:1,b:2/db", "postgres://a:1,b:2/db"),
        ("postgres://db/state?user=pulumi&password=h@nter", "postgres://db/state"),
        ("postgres:///state?host=/run/pg&password=secret", "postgres:///state"),
        ("https://token@api.example/org", "https://api.example/org"),
        ("https://api.pulumi.com", "https://api.pulumi.com"),
        ("file:///home/a@b/state?no_tmp_dir=true", "file:///home/a@b/state"),
        ("file://~/state", "file://~/state"),
        ("s3://bucket/folder@1?region=eu&awssdk=v2", "s3://bucket/folder@1"),
        ("s3://key:secret@bucket/folder", "s3://bucket/folder"),
        ("postgres://user:secret", "postgres://[withheld]"),
        ("postgres://user:p@h?x=y@host/db", "postgres://[withheld]"),
        ("user:secret@host", "[withheld]"),
    ],
)
def test_scheme_host_and_path_are_shown(url: str, address: str) -> None:
    assert shown(url) == address


PASSWORDS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=1, max_size=20)


@given(PASSWORDS, st.booleans())
def test_no_login_changes_what_is_shown(password: str, encoded: bool) -> None:
    login = quote(password, safe="") if encoded else password
    assert shown(f"postgres://pulumi:{login}@db.example:5432/state?sslmode=require") in (
        "postgres://db.example:5432/state",
        "postgres://[withheld]",
    )


@given(PASSWORDS)
def test_no_parameter_is_shown(password: str) -> None:
    assert shown(f"postgres://db.example/state?user=pulumi&password={password}") == "postgres://db.example/state"


@pytest.mark.parametrize(
    ("printed", "reported"),
    [
        ("error: can't reach postgres://pulumi:hunter2@db/state.", "can't reach postgres://db/state."),
        (
            'error: parse "postgres://user:hun/ter2@db": invalid port ":hun" after host',
            'parse "postgres://db": invalid port ":[withheld]" after host',
        ),
        ("error: see https://www.pulumi.com/docs: no lock", "see https://www.pulumi.com/docs: no lock"),
    ],
)
def test_an_error_of_the_engine_shows_no_password(printed: str, reported: str) -> None:
    assert last_error(f"warning: x\n{printed}\n") == reported


def test_pieces_of_the_known_address_are_withheld_where_the_engine_takes_it_apart() -> None:
    known = "postgres://user:hunter@two@db/state?sslpassword=other%20one"
    text = "failed to connect to `host=two@db`: hunter; other one; other%20one"
    shown_text = without_secrets(text, [known])
    assert not [secret for secret in ("hunter", "two", "other", "one") if secret in shown_text]


@given(st.sampled_from(["open {}: no", 'parse "{}": bad', "{}", "a {} b {}"]), PASSWORDS)
def test_the_known_address_is_never_repeated_as_it_is(sentence: str, password: str) -> None:
    known = f"postgres://pulumi:x7{password}7x@db/state"
    assert f"x7{password}7x" not in without_secrets(sentence.replace("{}", known), [known])
