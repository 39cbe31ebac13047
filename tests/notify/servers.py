"""Real servers on loopback: one that takes mail, one that takes posts."""

from __future__ import annotations

import base64
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class PostBox:
    """A webhook's receiver: what was posted, and what to answer."""

    port: int = 0
    answers: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    posts: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook?key=SECRET-IN-ADDRESS"


@contextmanager
def post_box() -> Iterator[PostBox]:
    box = PostBox()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"]))
            box.posts.append((self.path, {k.lower(): v for k, v in self.headers.items()}, body))
            status, headers = box.answers.pop(0) if box.answers else (204, {})
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_GET = do_POST  # noqa: N815 - the library's own way of naming

        def log_message(self, *_words):
            pass

    with _served(ThreadingHTTPServer(("127.0.0.1", 0), Handler)) as port:
        box.port = port
        yield box


@dataclass
class MailBox:
    """An SMTP server: what it took, and how it behaves."""

    port: int = 0
    tls: ssl.SSLContext | None = None  # offers STARTTLS
    login: tuple[str, str] | None = None
    refuses: tuple[str, ...] = ()  # readers
    says_at_data: str = "354 go ahead"
    mails: list[tuple[str, list[str], bytes, bool]] = field(default_factory=list)  # last: encrypted
    heard: list[str] = field(default_factory=list)

    def read(self, number=-1):
        return message_from_bytes(self.mails[number][2], policy=policy.default)


class Session(socketserver.StreamRequestHandler):
    """One client of a mail box: each verb of RFC 5321 that a client of ours uses."""

    box: MailBox

    def say(self, *lines):
        for line in lines:
            self.wfile.write(f"{line}\r\n".encode())
        return True

    def handle(self):
        self.encrypted, self.sender, self.readers = False, "", []
        self.say("220 box ready")
        while line := self.rfile.readline():
            words = line.decode().strip()
            self.box.heard.append(words)
            verb = words.upper().split(":")[0].split(" ")[0].lower()
            if not getattr(self, f"do_{verb}", self.do_other)(words):
                break
        if self.encrypted:
            self.connection.close()

    def do_ehlo(self, _words):
        extras = ["250-STARTTLS"] if self.box.tls and not self.encrypted else []
        extras += ["250-AUTH PLAIN"] if self.box.login else []
        return self.say("250-box", *extras, "250 8BITMIME")

    def do_starttls(self, _words):
        self.say("220 go ahead")
        try:
            self.connection = self.box.tls.wrap_socket(self.connection, server_side=True)
        except OSError:
            return False  # the client does not trust the certificate
        self.rfile = self.connection.makefile("rb")
        self.wfile = self.connection.makefile("wb", 0)
        self.encrypted = True
        return True

    def do_auth(self, words):
        given = base64.b64decode(words.split()[2]).decode().split("\0")[1:]
        known = tuple(given) == self.box.login
        return self.say("235 welcome" if known else "535 who are you, pat@example.org?")

    def do_mail(self, words):
        self.sender = words.partition("<")[2].partition(">")[0]
        return self.say("250 ok")

    def do_rcpt(self, words):
        reader = words.partition("<")[2].partition(">")[0]
        if reader in self.box.refuses:
            return self.say("550 nobody here by that name")
        self.readers.append(reader)
        return self.say("250 ok")

    def do_data(self, _words):
        self.say(self.box.says_at_data)
        if not self.box.says_at_data.startswith("354"):
            return True
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            lines.append(line[1:] if line.startswith(b".") else line)
        self.box.mails.append((self.sender, self.readers, b"".join(lines), self.encrypted))
        return self.say("250 taken")

    def do_quit(self, _words):
        self.say("221 bye")
        return False

    def do_other(self, _words):
        return self.say("250 ok")


@contextmanager
def mail_box(**behaviour: object) -> Iterator[MailBox]:
    box = MailBox(**behaviour)
    session = type("BoxSession", (Session,), {"box": box})
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), session)
    server.daemon_threads = True
    with _served(server) as port:
        box.port = port
        yield box


@contextmanager
def silence() -> Iterator[int]:
    """A port on which somebody listens and never says anything."""

    class Mute(socketserver.BaseRequestHandler):
        def handle(self):
            over.wait(30)

    over = threading.Event()
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Mute)
    server.daemon_threads = True
    try:
        with _served(server) as port:
            yield port
    finally:
        over.set()


@contextmanager
def _served(server: socketserver.BaseServer) -> Iterator[int]:
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
