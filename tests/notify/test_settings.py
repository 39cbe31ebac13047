"""`[notify]`: what is refused, and that nobody's address is repeated or printed."""

from __future__ import annotations

import pytest

from worker.config import ConfigError, load

MAIL = """
smtp_host = "mail.example.org"
mail_from = "calsync@example.org"
mail_to = "pat@example.org"
"""


def read(tmp_path, text, **environ):
    path = tmp_path / "config.toml"
    path.write_text(f"[notify]\n{text}", encoding="utf-8")
    path.chmod(0o600)
    return load(path, environ).notify


def test_mail_needs_little(tmp_path):
    notify = read(tmp_path, MAIL)
    assert (notify.smtp_port, notify.smtp_starttls, notify.titles) == (587, True, False)
    assert notify.mail_to == ("pat@example.org",)
    assert (notify.digest_every, notify.at_most_every) == (86_400, 60)


def test_a_password_may_come_from_a_file_or_the_environment(tmp_path):
    (tmp_path / "smtp").write_text("hush\n")
    (tmp_path / "smtp").chmod(0o600)
    for text, environ in (
        ('smtp_user = "calsync"\nsmtp_password_file = "smtp"', {}),
        ('smtp_user = "calsync"', {"CALSYNC_NOTIFY__SMTP_PASSWORD": "hush"}),
    ):
        notify = read(tmp_path, MAIL + text, **environ)
        assert notify.smtp_password.get_secret_value() == "hush"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('smtp_host = "mail.example.org"', "needs mail_from and mail_to"),
        ('smtp_host = "mail.example.org:25"', "its port is smtp_port"),
        (f'{MAIL}smtp_user = "pat"', "come together"),
        (f'{MAIL}smtp_user = "pat"\nsmtp_password = "hush"\nsmtp_starttls = false', "in the clear"),
        ('mail_to = ["pat@example.org", "pat@example.org"]', "one twice"),
        ('mail_to = ["pat"]', "one plain e-mail address"),
        ("smtp_port = 0", "from 1 to 65535"),
    ],
)
def test_what_cannot_work_is_refused_without_naming_anybody(tmp_path, text, why):
    with pytest.raises(ConfigError, match=why) as refused:
        read(tmp_path, text)
    for word in ("pat", "hush", "calsync@"):
        assert word not in str(refused.value).replace(str(tmp_path), "")


def test_a_mail_server_on_this_machine_may_be_told_a_password_in_the_clear(tmp_path):
    text = MAIL.replace("mail.example.org", "127.0.0.1")
    assert read(tmp_path, f'{text}smtp_user = "pat"\nsmtp_password = "hush"\nsmtp_starttls = false')


def test_addresses_stay_out_of_repr(tmp_path):
    shown = repr(read(tmp_path, f'{MAIL}smtp_user = "login"\nsmtp_password = "hush"'))
    for word in ("pat@", "calsync@", "login", "hush"):
        assert word not in shown
