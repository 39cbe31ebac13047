"""Messages over real sockets: what is posted and mailed, and what failures are called."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import shutil
import socket
import ssl
import subprocess

import pytest

from tests.builders import NOW
from tests.notify.servers import mail_box, post_box, silence
from worker.notify.channel import Undelivered
from worker.notify.mail import Mail, MailServer
from worker.notify.message import Message
from worker.notify.webhook import Webhook

MESSAGE = Message("5f" * 16, "calsync: 1 finding, the worst high", "Zoë\n.\nis late\n", {"a": "é"})
READERS = ("ops@example.org", "pat@example.org")


def closed_port():
    with socket.create_server(("127.0.0.1", 0)) as found:
        return found.getsockname()[1]


def mail(box, **server):
    given = {"starttls": False} | server
    return Mail(
        MailServer("127.0.0.1", box.port, **given), "calsync@example.org", READERS, timeout=5
    )


def test_a_post_is_signed_over_its_id_its_time_and_its_very_bytes():
    with post_box() as box:
        Webhook(box.url, "hush").send(MESSAGE, NOW)
    ((path, headers, body),) = box.posts
    assert path == "/hook?key=SECRET-IN-ADDRESS"
    assert json.loads(body) == {"a": "é"}
    assert headers["content-type"] == "application/json"
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    digest = base64.b64encode(hmac.new(b"hush", signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{digest}"
    assert (headers["webhook-id"], headers["webhook-timestamp"]) == (MESSAGE.id, str(NOW))


def test_a_secret_in_base64_is_read_as_the_specification_says():
    secret = "whsec_" + base64.b64encode(b"raw key").decode()
    with post_box() as box:
        Webhook(box.url, secret).send(MESSAGE, NOW)
    ((_, headers, body),) = box.posts
    digest = hmac.new(b"raw key", f"{MESSAGE.id}.{NOW}.".encode() + body, hashlib.sha256).digest()
    assert headers["webhook-signature"] == f"v1,{base64.b64encode(digest).decode()}"


def test_without_a_secret_a_post_is_not_signed():
    with post_box() as box:
        Webhook(box.url).send(MESSAGE, NOW)
    assert "webhook-signature" not in box.posts[0][1]


@pytest.mark.parametrize("status", [302, 400, 404, 410, 429, 500, 503])
def test_only_2xx_means_taken_and_no_redirect_is_followed(status):
    with post_box() as box:
        box.answers = [(status, {"Location": box.url, "Retry-After": "120"})]
        with pytest.raises(Undelivered, match=f"answered {status}") as refused:
            Webhook(box.url, "hush").send(MESSAGE, NOW)
    assert refused.value.wait == 120
    assert len(box.posts) == 1


def test_a_webhook_that_is_not_there_or_says_nothing_is_told_without_its_address():
    with pytest.raises(Undelivered, match="cannot be reached") as gone:
        Webhook(f"http://127.0.0.1:{closed_port()}/SECRET").send(MESSAGE, NOW)
    with silence() as port, pytest.raises(Undelivered, match="no answer within") as mute:
        Webhook(f"http://127.0.0.1:{port}/SECRET", timeout=0.2).send(MESSAGE, NOW)
    for error in (gone, mute):
        assert "SECRET" not in str(error.value)
        assert error.value.__cause__ is None


def test_a_mail_is_plain_text_that_no_holiday_note_answers():
    with mail_box() as box:
        mail(box).send(MESSAGE, NOW)
    ((sender, readers, raw, _),) = box.mails
    assert (sender, readers) == ("calsync@example.org", list(READERS))
    taken = box.read()
    assert taken["Subject"] == MESSAGE.subject
    assert taken["Message-ID"] == f"<{MESSAGE.id}@example.org>"
    assert taken["Auto-Submitted"] == "auto-generated"
    assert taken["Date"].datetime.timestamp() == NOW
    assert taken.get_content().splitlines() == MESSAGE.text.splitlines()
    assert all(len(line) <= 998 for line in raw.splitlines())


def test_a_subject_cannot_begin_another_header():
    evil = Message("1" * 32, "calsync: one\r\nBcc: eve@example.org", "text\n", {})
    with mail_box() as box, pytest.raises(ValueError, match="linefeed"):
        mail(box).send(evil, NOW)
    assert box.mails == []


def test_mail_is_sent_after_a_login():
    with mail_box(login=("calsync", "hush")) as box:
        mail(box, user="calsync", password="hush").send(MESSAGE, NOW)
        assert len(box.mails) == 1
        with pytest.raises(Undelivered, match="does not accept the login") as refused:
            mail(box, user="calsync", password="wrong").send(MESSAGE, NOW)
    assert "pat@example.org" not in str(refused.value)
    assert refused.value.__cause__ is None


def test_without_encryption_neither_login_nor_mail_goes_out():
    sure = {"starttls": True, "user": "calsync", "password": "hush"}
    with (
        mail_box(login=("calsync", "hush")) as box,
        pytest.raises(Undelivered, match="no encryption"),
    ):
        mail(box, **sure).send(MESSAGE, NOW)
    assert box.mails == []
    assert not any(words.startswith(("AUTH", "MAIL")) for words in box.heard)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    if not shutil.which("openssl"):
        pytest.skip("there is no openssl to make a certificate with")
    directory = tmp_path_factory.mktemp("tls")
    words = "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1"
    words += " -addext subjectAltName=IP:127.0.0.1"
    files = ["-keyout", str(directory / "key.pem"), "-out", str(directory / "cert.pem")]
    subprocess.run(["openssl", *words.split(), *files], check=True, capture_output=True)
    return directory


def server_context(directory):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(directory / "cert.pem", directory / "key.pem")
    return context


def test_where_encryption_is_asked_for_everything_after_it_is_encrypted(certificate, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate / "cert.pem"))
    with mail_box(tls=server_context(certificate), login=("calsync", "hush")) as box:
        mail(box, starttls=True, user="calsync", password="hush").send(MESSAGE, NOW)
    ((*_, encrypted),) = box.mails
    assert encrypted


def test_a_certificate_that_nobody_vouches_for_is_not_trusted(certificate):
    tls = server_context(certificate)
    with mail_box(tls=tls) as box, pytest.raises(Undelivered, match="certificate"):
        mail(box, starttls=True).send(MESSAGE, NOW)
    assert box.mails == []


def test_one_refused_reader_keeps_no_other_from_reading():
    with mail_box(refuses=READERS[:1]) as box:
        mail(box).send(MESSAGE, NOW)
    assert box.mails[0][1] == list(READERS[1:])


def test_what_a_mail_server_refuses_is_told_without_anybodys_address():
    with (
        mail_box(refuses=READERS) as box,
        pytest.raises(Undelivered, match="every reader") as refused,
    ):
        mail(box).send(MESSAGE, NOW)
    said = "451 try again, pat@example.org"
    with mail_box(says_at_data=said) as box, pytest.raises(Undelivered) as failed:
        mail(box).send(MESSAGE, NOW)
    assert str(failed.value) == "the mail server answered 451"
    assert "example.org" not in str(refused.value)


def test_a_mail_server_that_is_not_there_or_says_nothing_cannot_be_reached():
    gone = Mail(MailServer("127.0.0.1", closed_port(), starttls=False), "a@example.org", READERS)
    with pytest.raises(Undelivered, match="cannot be reached"):
        gone.send(MESSAGE, NOW)
    with silence() as port:
        mute = Mail(
            MailServer("127.0.0.1", port, starttls=False), "a@example.org", READERS, timeout=0.2
        )
        with pytest.raises(Undelivered, match="cannot be reached"):
            mute.send(MESSAGE, NOW)


def test_a_channel_with_another_receiver_is_another_channel():
    names = {
        Webhook("https://a.example.org/").name,
        Webhook("https://b.example.org/").name,
        Mail(MailServer("a", 587, starttls=True), "x@example.org", ("a@example.org",)).name,
        Mail(MailServer("a", 587, starttls=True), "x@example.org", ("b@example.org",)).name,
    }
    assert len(names) == 4
    assert not any("example" in name for name in names)
