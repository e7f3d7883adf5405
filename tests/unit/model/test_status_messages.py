"""The wording of `status_message`, for transfers, receipts and console transfers."""

import pytest

from transfer_provider.model import status_messages
from transfer_provider.model.lifecycle import Status


@pytest.mark.parametrize("status", list(Status))
def test_every_status_is_explained_in_one_sentence(status: Status) -> None:
    sentence = status_messages.of_transfer(status)
    assert sentence.endswith(".")
    assert "None" not in sentence


def test_a_reason_that_is_a_sentence_ends_in_one_full_stop() -> None:
    message = status_messages.of_transfer(Status.REJECTED, failure="Arrears.")
    assert message == "The review refused the request: Arrears."


def test_completed_does_not_claim_what_only_the_recipients_side_shows() -> None:
    assert "observed on the source's side" in status_messages.of_transfer(Status.COMPLETED)


def test_the_recipients_choice_is_added_only_while_the_console_waits_for_it() -> None:
    waiting = status_messages.with_recipient_choice(Status.AWAITING_INITIATION, "Steps.", "vsw-1", ["sg-1", "sg-2"])
    assert waiting == "Steps. The recipient chooses vSwitch vsw-1 and security group sg-1, sg-2."
    assert status_messages.with_recipient_choice(Status.COMPLETED, "Done.", "vsw-1", ["sg-1"]) == "Done."


def test_a_receipt_is_explained_by_whether_the_instance_arrived() -> None:
    assert status_messages.of_receipt(arrived=True) == "The recipient's account lists the instance."
    assert status_messages.of_receipt(arrived=False) == status_messages.of_transfer(Status.TRANSFERRING)


def test_a_reviews_words_are_shown_on_one_line() -> None:
    message = status_messages.of_transfer(Status.REJECTED, failure="No.\n::error::x\x1b[2J\u202e.")
    assert message == "The review refused the request: No.\\n: :error::x\\x1b[2J\\u202e."
