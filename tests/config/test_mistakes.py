"""Every mistake is one line that names the file, the key and what is allowed."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from tests.config.conftest import Desk
from worker.config import ConfigError, load

CAMPUS = """
[accounts.campus]
vendor = "canvas"
base_url = "https://canvas.example.edu"
token_file = "canvas"
"""
CLINIC = """
[accounts.clinic]
vendor = "cliniko"
api_key_file = "cliniko"
contact = "ops@example.org"
"""
ACCOUNTS = CAMPUS + CLINIC


def test_an_empty_file_is_a_configuration(desk: Desk) -> None:
    assert desk.load("").accounts == {}


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('pol_every = "2m"', "worker.pol_every: is not a key here; the nearest is poll_every"),
        ('push = "paln"', 'worker.push: must be off, plan or apply, not "paln"'),
        (
            'log_level = "INFO"',
            'worker.log_level: must be debug, info, warning or error, not "INFO"',
        ),
        ("poll_every = 120", "not 120"),
        ('poll_every = "0s"', 'must be a duration from "1s" to "1d", such as "90s", not "0s"'),
        ('poll_every = "-5m"', 'not "-5m"'),
        ('poll_every = "5 m"', "must be a duration"),
        ('poll_every = "٥m"', "must be a duration"),
        ('future = "9999999999d"', 'must be a duration from "1m" to "730d"'),
        ('trust_env = "false"', "worker.trust_env: must be true or false"),
        ("trust_env = 0", "worker.trust_env: must be true or false"),
        ("timezone = 2026-01-01", "worker.timezone: must be text in quotes"),
        ("database = 5", "worker.database: must be text in quotes"),
        ('database = "calsync.db"', "must be sqlite:///path/to/file.db"),
        ('database = "postgres://h/d"', "write postgresql+psycopg:// at its start"),
        ('database = "sqlite://"', "must be sqlite:///"),
        ('database = "sqlite:///:memory:"', "one file on disk"),
    ],
)
def test_a_wrong_value_says_what_is_allowed(desk: Desk, line: str, said: str) -> None:
    problem = desk.problem(f"[worker]\n{line}\n")
    assert problem.startswith("worker.")
    assert said in problem


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("CET", "Europe/Berlin"),
        ("EST", "America/New_York"),
        ("GMT", "Europe/London"),
        ("europe/berlin", "Europe/Berlin"),
        ("Berlin", "Europe/Berlin"),
        ("Europe/Berln", "Europe/Berlin"),
        ("utc", "UTC"),
    ],
)
def test_a_zone_must_be_an_exact_iana_name(desk: Desk, name: str, hint: str) -> None:
    problem = desk.problem(f'[worker]\ntimezone = "{name}"\n')
    assert f'not "{name}"; did you mean {hint}?' in problem


@pytest.mark.parametrize("name", ["", "+02:00", "../UTC", "posix/Europe/Berlin", "localtime"])
def test_what_is_no_zone_at_all_is_refused(desk: Desk, name: str) -> None:
    assert "must be an IANA time zone" in desk.problem(f'[worker]\ntimezone = "{name}"\n')


@pytest.mark.parametrize("name", ["Europe/Berlin", "UTC", "Asia/Kolkata", "Etc/GMT+5", "Japan"])
def test_iana_zones_are_accepted(desk: Desk, name: str) -> None:
    assert desk.load(f'[worker]\ntimezone = "{name}"\n').worker.timezone == name


def test_all_mistakes_are_told_at_once(desk: Desk) -> None:
    problems = desk.problems('[worker]\npush = "x"\n[brakes]\nfailures = 0\n[serverr]\n')
    assert [problem.partition(":")[0] for problem in problems] == [
        "serverr",
        "worker.push",
        "brakes.failures",
    ]


def test_a_key_in_the_wrong_place_is_told_where_it_belongs(desk: Desk) -> None:
    assert desk.problem('poll_every = "2m"\n') == "poll_every: belongs below [worker]"


def test_a_section_of_the_wrong_shape_is_refused(desk: Desk) -> None:
    assert desk.problem("worker = 5\n") == "worker: must be a table"
    assert "must be tables" in desk.problem('accounts = ["campus"]\n')
    assert "must be a list of tables: [[holds]]" in desk.problem("[holds]\nto = 'x'\n")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            '[worker]\npush = "plan"\npush = "off"\n',
            "worker.push (line 3, column 13): is given twice",
        ),
        ("[worker]\n[worker]\n", "worker (line 2, column 8): is given twice"),
        (
            '[accounts.a]\nvendor="x"\n[accounts.a]\n',
            "accounts.a (line 3, column 12): is given twice",
        ),
        ("[worker]\npush = plan\n", "worker.push (line 2, column 8): is not a TOML value"),
        ("[worker]\n\tpush : 'x'\n", "line 2, column 7: is not valid TOML"),
        ('[worker]\npush = "plan', "the end of the file: is not valid TOML"),
        ("\x00", "line 1, column 1: is not valid TOML"),
        ("x = " + "[" * 5000, "nested too deeply"),
        ("x = " + "{a=" * 5000, "nested too deeply"),
        ("a" + ".a" * 100_000 + " = 1", "too many parts"),
        ("x = " + "9" * 5000, "a number or a date in it is none"),
        ("[worker]\nx = 0x" + "f" * 5000, "worker.x: is not a key here"),
        ("[brakes]\nrewrites = 0x" + "f" * 5000, "brakes: holds a number that is far too large"),
        ("[brakes]\nvanish_share = nan", "must be a number from 0 to 1"),
        ("[brakes]\nvanish_share = inf", "must be a number from 0 to 1"),
        ("[worker]\npush = '" + "x" * 1_000_000 + "'", "larger than 512 kB"),
        ("[worker]\npush = '" + "x" * 500_000 + "'", "worker.push: must be off, plan or apply"),
        ("[worker]\n" + "k" * 400_000 + " = 1", "is not a key here"),
    ],
)
def test_a_broken_file_is_one_short_line(desk: Desk, text: str, said: str) -> None:
    begun = time.monotonic()
    problem = desk.problem(text)
    assert said in problem
    assert len(problem) < 500
    assert time.monotonic() - begun < 2


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"\xef\xbb\xbf[worker]\n", "begins with a byte order mark"),
        ("[worker]\n".encode("utf-16"), "begins with a byte order mark"),
        (b"[worker]\n# caf\xe9\n", "line 2 is not text in UTF-8"),
        (b"[worker]\r\npush = 'x'\r\n", "worker.push: must be off, plan or apply"),
    ],
)
def test_bytes_that_are_no_plain_text_are_told(desk: Desk, data: bytes, said: str) -> None:
    (problem,) = desk.problems_of_bytes(data)
    assert said in problem


def test_a_missing_file_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(
        ConfigError, match=r"nowhere\.toml: there is no such file; make one with `calsync init`"
    ):
        load(tmp_path / "nowhere.toml", {})


def test_a_directory_or_a_pipe_is_no_configuration(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="must be a file, and is a directory"):
        load(tmp_path, {})
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ConfigError, match="is a pipe or a device"):
        load(tmp_path / "pipe", {})


@pytest.mark.parametrize(
    "identity", ["Clinic", "my-clinic", "9lives", '"a b"', '"a\\nb"', '""', "é" * 0 + '"é"']
)
def test_an_id_is_made_of_small_letters(desk: Desk, identity: str) -> None:
    assert "is no id: it must begin with a letter" in desk.problem(
        CLINIC.replace("clinic]", f"{identity}]", 1)
    )


@pytest.mark.parametrize("vendor", ['"clinko"', '"Cliniko"', "5", '""'])
def test_an_unknown_vendor_names_the_vendors(desk: Desk, vendor: str) -> None:
    problem = desk.problem(CLINIC.replace('"cliniko"\napi', f"{vendor}\napi", 1))
    assert problem.startswith(
        "accounts.clinic.vendor: must be acuity, appointment_one, canvas, cliniko or timify"
    )


def test_an_account_without_vendor_or_credential_says_what_is_missing(desk: Desk) -> None:
    assert "accounts.x.vendor: is missing; it must be acuity," in desk.problem("[accounts.x]\n")
    text = '[accounts.x]\nvendor = "canvas"\nbase_url = "https://c.example.edu"\n'
    assert desk.problem(text) == "accounts.x.token: is missing; it may be given as token_file, too"


def test_a_misspelt_credential_is_one_complaint_and_is_not_quoted(desk: Desk) -> None:
    problem = desk.problem(CAMPUS.replace("token_file", "tokn"))
    assert problem == "accounts.campus.tokn: is not a key here; the nearest is token"


def test_a_wrong_item_of_a_list_is_told_by_its_place(desk: Desk) -> None:
    problem = desk.problem(f"{CAMPUS}context_codes = ['course_1', 5]\n")
    assert problem == "accounts.campus.context_codes[1]: must be text in quotes"


@pytest.mark.parametrize("value", ["a\\r\\nX-Admin: 1", "a\\u0000", "a\\u2028b"])
def test_a_value_that_would_break_a_header_is_refused(desk: Desk, value: str) -> None:
    problem = desk.problem(CLINIC.replace("ops@example.org", value))
    assert problem.startswith("accounts.clinic.contact: must be one line")


def test_a_resource_bound_to_an_unknown_account_names_the_nearest(desk: Desk) -> None:
    text = f'{ACCOUNTS}[resources.amy.bindings]\nclinc = "practitioner:1"\n'
    assert desk.problem(text) == (
        "resources.amy.bindings.clinc: there is no account clinc; did you mean clinic?"
    )


def test_a_broken_account_is_not_also_an_unknown_one(desk: Desk) -> None:
    broken = CLINIC.replace("ops@example.org", "nobody")
    text = (
        f'{broken}[resources.amy.bindings]\nclinic = "practitioner:1"\n[[holds]]\nto = "clinic"\n'
    )
    assert desk.problem(text).startswith("accounts.clinic.contact: ")


def test_two_resources_cannot_claim_one_calendar(desk: Desk) -> None:
    text = f"""{ACCOUNTS}
[resources.amy.bindings]
clinic = ["practitioner:1"]
[resources.bob.bindings]
clinic = ["practitioner:2", "practitioner:1"]
"""
    problem = desk.problem(text)
    assert problem.startswith("resources.bob.bindings.clinic: practitioner:1 is claimed by ")
    assert "amy" in problem


def test_one_number_at_two_accounts_is_two_calendars(desk: Desk) -> None:
    other = CLINIC.replace("clinic]", "practice]").replace('"cliniko"\ncon', '"canvas"\ncon')
    text = f"""{CLINIC}{other}
[resources.amy.bindings]
clinic = "practitioner:1"
[resources.bob.bindings]
practice = "practitioner:1"
"""
    assert desk.problems(text) == []


@pytest.mark.parametrize(
    ("binding", "said"),
    [
        ('"practicioner:1"', "must be practitioner:ID or business:ID, or a list of these"),
        ('"17"', "must be practitioner:ID or business:ID"),
        ('"*"', "must be practitioner:ID or business:ID"),
        ('"*:1"', "must be practitioner:ID or business:ID"),
        ('"practitioner:"', "must have an id after practitioner:"),
        ('"practitioner:amy"', "practitioner: must be the number that Cliniko gave it"),
        ("[]", "must name at least one"),
        ('["practitioner:1", "practitioner:1"]', "must not name one twice"),
        ("5", "must be a list such as"),
    ],
)
def test_a_binding_is_held_against_what_the_vendor_has(desk: Desk, binding: str, said: str) -> None:
    problem = desk.problem(f"{CLINIC}[resources.amy.bindings]\nclinic = {binding}\n")
    assert problem.startswith("resources.amy.bindings.clinic: ")
    assert said in problem


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("parallel = 0", "resources.amy.parallel: must be a whole number from 1 to 10000"),
        ("parallel = true", "resources.amy.parallel: must be a whole number from 1 to 10000"),
        ("parallel = 1.5", "resources.amy.parallel: must be a whole number from 1 to 10000"),
        ('kind = "human"', "resources.amy.kind: must be person, room or device"),
        ('email = "amy"', "resources.amy.email: must be one plain e-mail address"),
        ('email = "a@b\\r\\nBcc: c"', "resources.amy.email: must be one plain e-mail address"),
        ('name = "a\\nb"', "resources.amy.name: must be one line"),
        ('timezone = "CET"', "did you mean Europe/Berlin?"),
    ],
)
def test_a_resource_is_checked_and_never_quoted(desk: Desk, line: str, said: str) -> None:
    assert said in desk.problem(f"[resources.amy]\n{line}\n")


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ('to = "clinic"\nfrom = ["camps"]', "holds[0].from: there is no account camps; did you"),
        (
            'to = ["elsewhere"]',
            "holds[0].to: there is no account elsewhere; known: campus or clinic",
        ),
        ('to = "clinic"\nresource = "bob"', "holds[0].resource: there is no resource bob"),
        ('to = "clinic"\nfrom = "clinic"', "holds[0].to: is the account in from"),
        ('to = "clinic"\nstatuses = ["cancelled"]', "must be booked, held or offered"),
        ("to = []", "holds[0].to: must name at least one"),
        ('from = "*"', "holds[0].to: is missing"),
        ('to = "clinic"\nwithdraw = true', "the nearest is withdraw_open_slots"),
    ],
)
def test_a_hold_must_lead_from_and_to_what_exists(desk: Desk, rule: str, said: str) -> None:
    assert said in desk.problem(f"{ACCOUNTS}[resources.amy]\n[[holds]]\n{rule}\n")


def test_a_copy_must_lead_elsewhere(desk: Desk) -> None:
    rule = '[[copies]]\nfrom = "clinic"\nto = "clinic"\n'
    assert desk.problem(ACCOUNTS + rule) == (
        "copies[0].to: is the account in from; copies go to another account"
    )


def test_copies_must_not_go_in_a_circle(desk: Desk) -> None:
    other = CLINIC.replace("clinic]", "gym]").replace('"cliniko"\ncon', '"canvas"\ncon')
    rules = "".join(
        f'[[copies]]\nfrom = "{one}"\nto = "{two}"\nresource = "{resource}"\n'
        for one, two, resource in [
            ("clinic", "campus", "amy"),
            ("campus", "gym", "*"),
            ("gym", "clinic", "amy"),
        ]
    )
    text = f"{ACCOUNTS}{other}[resources.amy]\n{rules}"
    assert desk.problem(text) == "copies: go in a circle: clinic to campus to gym to clinic"


def test_copies_of_different_people_may_cross(desk: Desk) -> None:
    rules = (
        '[[copies]]\nfrom = "clinic"\nto = "campus"\nresource = "amy"\n'
        '[[copies]]\nfrom = "campus"\nto = "clinic"\nresource = "bob"\n'
    )
    assert desk.problems(f"{ACCOUNTS}[resources.amy]\n[resources.bob]\n{rules}") == []


def test_one_copy_is_told_once(desk: Desk) -> None:
    rule = '[[copies]]\nfrom = "clinic"\nto = "campus"\n'
    text = f'{ACCOUNTS}[resources.amy]\n{rule}{rule}resource = "amy"\n'
    assert "copies[1]: says the same as copies[0]" in desk.problem(text)


def test_one_login_under_two_names_is_warned_of(desk: Desk) -> None:
    again = CLINIC.replace("clinic]", "practice]")
    (warning,) = desk.load(CLINIC + again).warnings
    assert warning.endswith("accounts.practice: is the same login as accounts.clinic")
