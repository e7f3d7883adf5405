"""What an error code means, and that no message carries a secret."""

import pytest

from transfer_provider.cloud.errors import (
    ERROR_CODES,
    HandoverError,
    NotAllowed,
    Refused,
    TryAgain,
    Unsupported,
    from_answer,
    no_answer,
)


def error(code: str, message: str = "The reason.", http_status: int = 400) -> HandoverError:
    return from_answer("submit it", code=code, message=message, http_status=http_status, request_id="R-1")


def test_a_message_has_what_failed_why_with_code_and_request_id_and_what_to_do() -> None:
    assert str(error("IncorrectInstanceStatus", "The instance is Starting.", 403)) == (
        "Could not submit it: The instance is Starting (IncorrectInstanceStatus, RequestId R-1). "
        "Start or stop the instance, wait until it is Running or Stopped, then run `pulumi up` again."
    )


@pytest.mark.parametrize(
    ("code", "http_status", "kind"),
    [
        ("Throttling.User", 400, TryAgain),
        ("Throttling", 429, TryAgain),
        ("ServiceUnavailable", 503, TryAgain),
        ("SomethingNew", 502, TryAgain),
        ("Forbidden.RAM", 403, NotAllowed),
        ("SomethingNew", 403, NotAllowed),
        ("InvalidAccessKeyId.NotFound", 404, NotAllowed),
        ("InvalidSecurityToken.Expired", 400, NotAllowed),
        ("InvalidAction.NotFound", 404, Unsupported),
        ("InvalidInstanceId.NotFound", 404, Refused),
        ("QuotaExceeded.Instance", 403, Refused),
        ("EIP_CAN_NOT_ASSOCIATE_WITH_PUBLIC_IP", 400, Refused),
        ("EnterpriseGroupLimited.MutliGroupType", 404, Refused),
        ("SomethingNew", 400, Refused),
    ],
)
def test_each_code_is_one_of_four_kinds(code: str, http_status: int, kind: type[HandoverError]) -> None:
    assert type(error(code, http_status=http_status)) is kind


def test_a_missing_action_is_reported_as_such_and_names_the_console() -> None:
    assert "publishes no such action" in str(error("InvalidAction.NotFound"))
    assert "console" in str(error("InvalidAction.NotFound"))


@pytest.mark.parametrize("code", ERROR_CODES)
def test_every_known_code_has_advice(code: str) -> None:
    assert ERROR_CODES[code].advice.endswith(".")


@pytest.mark.parametrize(
    "secret",
    ["jane.doe@acme.example", "LTAI5tExample", "STS.NUexample", "c29tZXNlY3JldHNvbWVzZWNyZXRzb21lc2VjcmV0cw=="],
)
def test_what_looks_like_a_secret_is_withheld_from_the_clouds_own_words(secret: str) -> None:
    assert secret not in str(error("Whatever", f"The value {secret} is wrong."))


def test_a_signature_mismatch_never_quotes_what_was_signed() -> None:
    assert "server string" not in str(error("SignatureDoesNotMatch", "server string to sign is: POST&AccessKeyId=x"))


def test_no_answer_is_temporary_and_has_no_code() -> None:
    assert isinstance(no_answer("submit it", "cut off"), TryAgain)
    assert no_answer("submit it", "cut off").code is None


HOSTILE = "gone\n::error::x\x1b[2J\x9b\u202e##vso[task.complete]"


def test_what_the_cloud_says_moves_no_cursor_begins_no_line_and_commands_no_ci_system() -> None:
    text = str(error("Whatever", HOSTILE))
    assert text.isprintable()
    assert "\\x1b[2J" in text
    assert "::error::" not in text
    assert "##vso[" not in text


def test_what_was_being_done_is_shown_on_one_line() -> None:
    assert str(no_answer(f"look up {HOSTILE}", HOSTILE)).isprintable()


def test_a_message_of_several_lines_keeps_its_lines_and_no_other_control_character() -> None:
    assert str(Refused("2 handovers:\n  web\x1b[2J\n  db")) == "2 handovers:\n  web\\x1b[2J\n  db"
