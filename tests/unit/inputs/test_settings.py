"""A stack's settings: problems carry the line of the stack's file."""

from pathlib import Path

import pytest
import yaml

from transfer_provider.inputs.settings import Settings, read
from transfer_provider.inputs.yaml_file import FilesRefused

NAMED = {
    "instance-handover:region": "cn-hangzhou",
    "instance-handover:sourceAccount": "1000000000000001",
    "instance-handover:recipients": '["1000000000000002"]',
}


def problems(root: Path, values: dict[str, str]) -> list[str]:
    stack_file = root / "Pulumi.prod.yaml"
    stack_file.write_text("config:\n" + "".join(f"  {key}: {value}\n" for key, value in values.items()))
    with pytest.raises(FilesRefused) as refused:
        read(values, "instance-handover", stack_file, root)
    return [str(problem) for problem in refused.value.problems]


def test_settings_are_read_from_the_projects_namespace_only(tmp_path: Path) -> None:
    values = {**NAMED, "alicloud:region": "cn-beijing"}
    chosen = read(values, "instance-handover", tmp_path / "none.yaml", tmp_path)
    assert (chosen.region, chosen.sourceProfile) == ("cn-hangzhou", "")


def test_a_misspelt_or_malformed_setting_is_reported_with_its_line(tmp_path: Path) -> None:
    wrong = {"instance-handover:region": "Hangzhou", "instance-handover:sourceprofile": "acme"}
    assert problems(tmp_path, wrong) == [
        "Pulumi.prod.yaml:2: instance-handover:region: is malformed; "
        "give the id of the region the stack's instances are in, such as cn-hangzhou",
        "Pulumi.prod.yaml:3: instance-handover:sourceprofile: is not a key here; "
        "did you mean sourceProfile? Allowed: region, sourceProfile, recipientProfile, side, protect, undeclaredRules, "
        "handovers, forgetConsoleTransfers, sourceAccount, recipients, maxSubmissions, waves, after, "
        "maxCancellations, warnOnly, expiryDays, regions, window, language, notify",
    ]


def test_a_missing_region_is_reported(tmp_path: Path) -> None:
    assert "instance-handover:region: is missing" in problems(tmp_path, {})[0]


def test_what_is_left_out_is_both_sides_protected_and_the_stacks_own_folder(tmp_path: Path) -> None:
    chosen = read({**NAMED}, "instance-handover", tmp_path / "none.yaml", tmp_path)
    assert (chosen.recipientProfile, chosen.side, chosen.protect, chosen.handovers) == ("", "both", True, "")


@pytest.mark.parametrize(("text", "protect"), [("true", True), ("false", False)])
def test_protection_is_read_from_the_text_that_pulumi_gives(tmp_path: Path, text: str, protect: bool) -> None:
    values = {**NAMED, "instance-handover:protect": text}
    assert read(values, "instance-handover", tmp_path / "none.yaml", tmp_path).protect is protect


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("side", "sender"),
        ("side", "Both"),
        ("protect", "yes"),
        ("protect", ""),
        ("protect", "1"),
        ("handovers", ".."),
        ("handovers", "."),
        ("handovers", "../production"),
        ("handovers", "/etc"),
        ("handovers", "a/b"),
        ("handovers", "a\\b"),
        ("handovers", "a b"),
        ("handovers", "sandbox\n"),
        ("sourceAccount", "acme"),
        ("sourceAccount", "100000000000001"),
        ("recipients", "1000000000000002"),
        ("recipients", '["orchid"]'),
        ("maxSubmissions", "-1"),
        ("maxSubmissions", "many"),
        ("waves", "yes"),
        ("maxCancellations", "-1"),
        ("maxCancellations", "few"),
        ("warnOnly", "Expired"),
        ("warnOnly", "{}"),
        ("expiryDays", "-1"),
        ("expiryDays", "1.5"),
        ("expiryDays", "soon"),
    ],
)
def test_a_setting_that_is_invalid_is_reported_with_what_to_give(tmp_path: Path, key: str, value: str) -> None:
    values = {**NAMED, f"instance-handover:{key}": value}
    with pytest.raises(FilesRefused, match=f"instance-handover:{key}: .*; give "):
        read(values, "instance-handover", tmp_path / "none.yaml", tmp_path)


def test_a_stack_has_to_name_its_accounts(tmp_path: Path) -> None:
    found = problems(tmp_path, {"instance-handover:region": "cn-hangzhou"})
    assert [
        "sourceAccount: is missing; give the 16 digits" in found[1],
        "recipients: is missing; give" in found[0],
    ] == [
        True,
        True,
    ]


def test_the_recipients_half_names_no_source(tmp_path: Path) -> None:
    half = {key: value for key, value in NAMED.items() if not key.endswith("sourceAccount")}
    chosen = read(half | {"instance-handover:side": "recipient"}, "instance-handover", tmp_path / "none.yaml", tmp_path)
    assert chosen.recipients == ("1000000000000002",)


def test_an_own_programs_other_settings_are_its_own(tmp_path: Path) -> None:
    own = {key: value for key, value in NAMED.items() if not key.endswith("region")} | {"instance-handover:size": "3"}
    chosen = read(own, "instance-handover", tmp_path / "none.yaml", tmp_path, own_program=True)
    assert chosen.sourceAccount == "1000000000000001"


def test_codes_that_only_warn_are_read_from_the_json_that_pulumi_gives(tmp_path: Path) -> None:
    values = {**NAMED, "instance-handover:warnOnly": '["Spot", "Expired"]'}
    chosen = read(values, "instance-handover", tmp_path / "none.yaml", tmp_path)
    assert (chosen.warnOnly, chosen.expiryDays) == (("Spot", "Expired"), 7)


def test_a_code_that_of_no_blocking_finding_is_reported_with_the_codes_that_are(tmp_path: Path) -> None:
    wrong = {**NAMED, "instance-handover:warnOnly": '["Spott"]'}
    (found,) = problems(tmp_path, wrong)
    assert (
        "Pulumi.prod.yaml:5: instance-handover:warnOnly: names no code of a blocking finding; did you mean Spot?"
        in found
    )
    assert "EncryptedDisk" in found


def test_the_source_account_is_no_recipient(tmp_path: Path) -> None:
    (found,) = problems(tmp_path, {**NAMED, "instance-handover:recipients": '["1000000000000002", "1000000000000001"]'})
    assert found == (
        "Pulumi.prod.yaml:4: instance-handover:recipients: names 1000000000000001, which is the source account; "
        "remove it from the list"
    )


def test_a_region_newer_than_the_list_is_named_by_the_settings(tmp_path: Path) -> None:
    new = {**NAMED, "instance-handover:region": "cn-newplace"}
    (found,) = problems(tmp_path, new)
    assert "is no known region" in found
    known = {**new, "instance-handover:regions": '["cn-newplace"]'}
    assert read(known, "instance-handover", tmp_path / "none.yaml", tmp_path).region == "cn-newplace"


def test_a_run_cancels_one_transfer_at_most_unless_the_settings_allow_more(tmp_path: Path) -> None:
    assert read(NAMED, "instance-handover", tmp_path / "none.yaml", tmp_path).maxCancellations == 1
    more = {**NAMED, "instance-handover:maxCancellations": "3"}
    assert read(more, "instance-handover", tmp_path / "none.yaml", tmp_path).maxCancellations == 3


def test_pulumis_project_file_knows_every_setting_and_its_default() -> None:
    declared = yaml.safe_load((Path(__file__).parents[3] / "Pulumi.yaml").read_text())["config"]
    fields = Settings.model_fields
    # Pulumi has no object that is nothing.
    assert declared["window"].pop("default") == {}
    assert set(declared) == set(fields)
    assert {key: setting.get("default") for key, setting in declared.items() if key != "region"} == {
        key: list(field.default) if isinstance(field.default, tuple) else field.default
        for key, field in fields.items()
        if key != "region"
    }


PLAIN_TARGET = "json://user:s3cret@127.0.0.1/hook"


@pytest.mark.parametrize(
    ("written", "line", "what"),
    [
        (f"[{PLAIN_TARGET!r}]", 5, "is in plain text"),
        (f"\n    - secure: v1:abc\n    - {PLAIN_TARGET}", 7, "is in plain text"),
        (PLAIN_TARGET, 5, "is in plain text"),
        (f"\n    url: {PLAIN_TARGET}", 5, "is in plain text"),
        ("\n    secure: v1:abc", 5, "is one secret instead of a list of them"),
    ],
)
def test_a_target_that_is_no_secret_is_refused_in_its_line_and_not_repeated(
    tmp_path: Path, written: str, line: int, what: str
) -> None:
    (problem,) = problems(tmp_path, {**NAMED, "instance-handover:notify": written})
    assert problem.startswith(f"Pulumi.prod.yaml:{line}: instance-handover:notify: {what}")
    assert "pulumi config set --secret --path 'notify[0]'" in problem
    assert "s3cret" not in problem


def test_targets_that_are_secrets_are_accepted_and_not_kept(tmp_path: Path) -> None:
    stack_file = tmp_path / "Pulumi.prod.yaml"
    stack_file.write_text("config:\n  instance-handover:notify:\n    - secure: v1:abc\n")
    decrypted = {**NAMED, "instance-handover:notify": f'["{PLAIN_TARGET}"]', "instance-handover:language": "zh"}
    chosen = read(decrypted, "instance-handover", stack_file, tmp_path)
    assert (chosen.language, chosen.notify) == ("zh", ())
    assert "s3cret" not in repr(chosen)


class TestTheStacksAhead:
    def read(self, root: Path, after: str, **others: str) -> Settings:
        """The settings of `prod`, beside other stacks' files."""
        for name, named in others.items():
            (root / f"Pulumi.{name}.yaml").write_text(f"config:\n  instance-handover:after: {named}\n")
        values = {**NAMED, "instance-handover:after": after}
        stack_file = root / "Pulumi.prod.yaml"
        stack_file.write_text("config:\n" + "".join(f"  {key}: {value}\n" for key, value in values.items()))
        return read(values, "instance-handover", stack_file, root)

    def test_are_read_from_the_json_that_pulumi_gives(self, tmp_path: Path) -> None:
        assert self.read(tmp_path, '["staging", "dev"]').after == ("staging", "dev")
        assert read(NAMED, "instance-handover", tmp_path / "none.yaml", tmp_path).after == ()

    @pytest.mark.parametrize(
        ("after", "what"),
        [
            ('["prod"]', "names the stack itself, prod; remove it from the list"),
            ('["staging", "staging"]', "names a stack twice; name each once"),
            ('["acme/staging"]', "is malformed; give a list of stacks of this project"),
            ("staging", "has the wrong type; give a list of stacks of this project"),
        ],
    )
    def test_are_other_stacks_of_the_project_each_once(self, tmp_path: Path, after: str, what: str) -> None:
        with pytest.raises(FilesRefused) as refused:
            self.read(tmp_path, after)
        (problem,) = refused.value.problems
        assert str(problem).startswith(f"Pulumi.prod.yaml:5: instance-handover:after: {what}")

    def test_in_a_circle_are_named_as_far_as_their_files_can_be_read(self, tmp_path: Path) -> None:
        with pytest.raises(FilesRefused) as refused:
            self.read(tmp_path, '["staging"]', staging="[dev]", dev='\'["staging", "prod"]\'')
        (problem,) = refused.value.problems
        assert problem.message == (
            "goes in a circle: prod after staging after dev after prod, so that none ever submits; remove one of these"
        )
        (tmp_path / "Pulumi.dev.yaml").write_text("config: [\n")
        assert self.read(tmp_path, '["staging"]').after == ("staging",)

    def test_a_circle_of_others_is_theirs_to_report(self, tmp_path: Path) -> None:
        assert self.read(tmp_path, '["staging"]', staging="[dev]", dev="[staging]").after == ("staging",)
