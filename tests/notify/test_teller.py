"""What is told, when, and how often: over a real store and a real webhook."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from tests.builders import NOW, event
from tests.e2e.rehearsal import rehearsal
from tests.notify.servers import post_box
from worker.domain.conflict.double import member
from worker.domain.conflict.finding import Finding, FindingKind, FindingState, Subject
from worker.domain.conflict.register import Known, Life
from worker.domain.conflict.report import Report, SourceState, reported, worst_first
from worker.domain.conflict.severity import Weights
from worker.domain.health import Health, State, Trouble
from worker.domain.overview import AccountView, Rights
from worker.domain.span import DAY, HOUR, MINUTE, Span
from worker.notify.message import MOST, Voice
from worker.notify.teller import Pace, Teller
from worker.notify.webhook import Webhook
from worker.store.database import Database
from worker.store.notices import NOTIFY_LOCK
from worker.store.schema import ensure

SOURCE = SourceState("clinic", NOW, complete=True, stale=False)


def clash(*names, start=NOW + HOUR, title="Secret matter", **fields):
    members = tuple(member(event(name, account="clinic", title=title)) for name in names)
    return Finding(
        FindingKind.RESOURCE_DOUBLE,
        Subject("resource", "amy", "Amy Ng"),
        Span(start, start + HOUR),
        members,
        peak=2,
        **fields,
    )


HIGH = clash("1", "2", start=NOW + 30 * DAY)  # 60 points
GRAVE = clash("3", "4")  # 85
SLIGHT = clash("5", "6", flags=("offered_only",))  # 35


def account(state=State.FRESH, **health):
    known = Health(attempted_at=NOW, complete_at=NOW, **health)
    rights = Rights(read=True, create=False, move=False, remove=False, hold=False)
    return AccountView("clinic", "v", state, known, 3, (), "", rights)


class Desk:
    """What is known, what is told of it, and a clock."""

    def __init__(self, box, database, **pace):
        self.box = box
        self.database = database
        self.now = NOW
        self.lives = {}
        self.accounts = [account()]
        self.titles = False
        self.pace = Pace(**({"at_most_every": 60, "digest_every": DAY} | pace))

    def know(self, *findings, state=FindingState.OPEN, **life):
        for one in findings:
            self.lives[one.id] = Known(one, Life(state, NOW, NOW, **life))
        return self

    def forget(self, finding):
        del self.lives[finding.id]
        return self

    def report(self):
        judged = [reported(k, [SOURCE], (), self.now, Weights()) for k in self.lives.values()]
        return Report("conflict", self.now, 9, (SOURCE,), tuple(worst_first(judged)))

    def tell(self, later=0):
        """What arrived, as ids by what is said of them; None where nothing did."""
        self.now += later
        before = len(self.box.posts)
        voice = Voice("https://calendar.example.org", self.titles, lambda _finding: "Europe/Berlin")
        webhook = Webhook(self.box.url, "hush")
        teller = Teller(
            [webhook], self.database, voice, self.pace, self.report, lambda: self.accounts
        )
        teller.tell(self.now)
        return json.loads(self.box.posts[-1][2]) if len(self.box.posts) > before else None


@pytest.fixture
def database(tmp_path):
    database = Database(f"sqlite:///{tmp_path}/calsync.db")
    ensure(database)
    yield database
    database.close()


@pytest.fixture
def desk(database):
    with post_box() as box:
        yield Desk(box, database)


def ids(message):
    return [one["id"] for one in message["findings"]]


def test_what_is_grave_is_told_at_once_the_worst_first_and_once_only(desk):
    told = desk.know(HIGH, GRAVE, SLIGHT).tell()
    assert (told["kind"], ids(told)) == ("alert", [GRAVE.id, HIGH.id])
    assert told["open"] == {"critical": 1, "high": 1, "medium": 0, "low": 1, "info": 0}
    assert desk.tell(later=HOUR) is None


def test_a_message_says_what_the_report_says_and_where_it_is(desk):
    (told,) = desk.know(GRAVE).tell()["findings"]
    assert told["url"] == f"https://calendar.example.org/conflicts/{GRAVE.id}"
    assert (told["band"], told["state"], told["who"]) == ("critical", "open", "Amy Ng")
    assert told["when"] == "Mon 2 Mar 2026 10:00–11:00 CET"
    assert told["sentence"].startswith("Amy Ng is booked 2 times at once for 60 minutes")


def test_no_title_is_told_unless_the_operator_wants_it(desk):
    of_event = replace(
        GRAVE, kind=FindingKind.OVER_CAPACITY, subject=Subject("event", "1", "Secret matter")
    )
    desk.know(GRAVE, of_event).tell()
    assert b"Secret" not in desk.box.posts[-1][2]
    desk.titles = True
    desk.know(GRAVE, reopened=1).tell(later=HOUR)
    assert b"Secret matter" in desk.box.posts[-1][2]


@pytest.mark.parametrize(
    "state", [FindingState.ACKNOWLEDGED, FindingState.SNOOZED, FindingState.ACCEPTED]
)
def test_what_somebody_knows_of_is_not_told(desk, state):
    assert desk.know(GRAVE, state=state).tell() is None


def test_what_is_reopened_is_told_again(desk):
    desk.know(GRAVE).tell()
    told = desk.know(GRAVE, state=FindingState.REOPENED, reopened=1).tell(later=HOUR)
    assert ids(told) == [GRAVE.id]


def test_what_becomes_critical_is_told_again_and_what_gets_better_is_not(desk):
    near = clash("1", "2", start=NOW + 25 * HOUR)  # 65, and 85 when it is two hours ahead
    assert ids(desk.know(near).tell()) == [near.id]
    assert ids(desk.tell(later=24 * HOUR)) == [near.id]
    moved = replace(near, span=Span(NOW + 30 * DAY, NOW + 30 * DAY + HOUR))
    assert desk.know(moved).tell(later=HOUR) is None


def test_the_rest_waits_for_the_digest_and_is_in_one_digest_only(desk):
    far = clash("5", "6", start=NOW + 90 * DAY, flags=("offered_only",))
    desk.know(far)
    assert desk.tell() is None
    assert desk.tell(later=DAY - 1) is None
    told = desk.tell(later=1)
    assert (told["kind"], ids(told)) == ("digest", [far.id])
    assert desk.tell(later=DAY) is None


def test_an_empty_digest_is_not_sent(desk):
    desk.tell()
    assert desk.tell(later=5 * DAY) is None


def test_what_is_over_stands_in_the_digest_and_is_news_when_it_comes_back(desk):
    desk.know(HIGH).tell()
    assert desk.forget(HIGH).tell(later=HOUR) is None
    told = desk.tell(later=DAY)
    assert (told["kind"], told["over"], told["findings"]) == ("digest", [HIGH.id], [])
    assert desk.tell(later=DAY) is None
    assert ids(desk.know(HIGH, reopened=1).tell(later=HOUR)) == [HIGH.id]


def test_no_two_messages_come_closer_than_the_pace_allows(desk):
    desk.know(HIGH).tell()
    desk.know(GRAVE)
    assert desk.tell(later=59) is None
    assert ids(desk.tell(later=1)) == [GRAVE.id]


def test_a_flood_is_one_message_that_counts_what_it_leaves_out(desk):
    told = desk.know(*(clash(f"a{n}", f"b{n}") for n in range(MOST + 7))).tell()
    assert (len(told["findings"]), told["more_findings"]) == (MOST, 7)
    assert desk.tell(later=HOUR) is None


def tries(desk, minutes):
    """The minutes at which a message was tried, of so many."""
    return [minute for minute in range(minutes) if desk.tell(later=MINUTE if minute else 0)]


def test_what_was_not_taken_is_sent_again_later_and_later_with_the_same_id(desk):
    desk.know(HIGH)
    desk.box.answers = [(500, {})] * 8
    assert tries(desk, 300) == [0, 1, 3, 7, 15, 31, 63, 123, 183]
    assert len({headers["webhook-id"] for _, headers, _ in desk.box.posts}) == 1
    assert len({body for _, _, body in desk.box.posts}) > 1  # each says when it was sent


def test_a_wait_that_the_receiver_states_is_kept(desk):
    desk.know(GRAVE)
    desk.box.answers = [(429, {"Retry-After": "7200"})]
    assert tries(desk, 200) == [0, 120]


def test_while_another_process_tells_this_one_is_silent(desk, database):
    desk.know(GRAVE)
    other = Database(str(database.url))
    with other.locked(NOTIFY_LOCK, 1.0):
        assert desk.tell() is None
    other.close()
    assert ids(desk.tell()) == [GRAVE.id]


def test_a_new_receiver_is_told_everything(desk):
    desk.know(GRAVE).tell()
    with post_box() as other:
        desk.box = other
        assert ids(desk.tell()) == [GRAVE.id]


def test_an_account_that_needs_somebody_is_told_at_once_and_again_when_it_is_well(desk):
    desk.accounts = [
        account(State.NEEDS_ATTENTION, failures=1, trouble=Trouble.NEEDS_PERSON, error="401")
    ]
    told = desk.tell()
    assert [(one["id"], one["state"], one["error"]) for one in told["accounts"]] == [
        ("clinic", "needs_attention", "401")
    ]
    assert desk.tell(later=HOUR) is None
    desk.accounts = [account()]
    assert [one["state"] for one in desk.tell(later=HOUR)["accounts"]] == ["fresh"]
    assert desk.tell(later=HOUR) is None


def test_a_hiccup_is_not_told_but_a_third_failure_is(desk):
    for failures in (1, 2):
        desk.accounts = [account(State.FAILING, failures=failures, error="no connection")]
        assert desk.tell(later=HOUR) is None
    desk.accounts = [account(State.FAILING, failures=3, error="no connection")]
    assert desk.tell(later=HOUR)["accounts"][0]["failures"] == 3
    desk.accounts = [account(State.FAILING, failures=4)]
    assert desk.tell(later=HOUR) is None
    desk.accounts = [account(State.NEEDS_ATTENTION, failures=5)]
    assert desk.tell(later=HOUR)["accounts"][0]["state"] == "needs_attention"


def test_an_account_that_was_never_polled_or_is_paused_is_no_news(desk):
    never = replace(account(State.STALE), health=Health())
    desk.accounts = [never, replace(account(State.PAUSED), id="studio")]
    assert desk.tell() is None


def test_text_of_vendors_breaks_no_line_of_a_mail(desk):
    from worker.notify.message import compose
    from worker.notify.news import news

    evil = clash("1", "2", title="x\r\n.\r\nQUIT\u2028\x1b[31m")
    report = desk.know(evil).report()
    voice = Voice("https://calendar.example.org", True, lambda _finding: "UTC")
    message = compose(list(news(report.findings, (), {})), report, voice)
    calm = clash("1", "2", title="x")
    desk.lives.clear()
    report = desk.know(calm).report()
    plain = compose(list(news(report.findings, (), {})), report, voice)
    assert len(message.text.splitlines()) == len(plain.text.splitlines())
    assert "\x1b" not in message.text


def test_after_a_sync_the_planted_clashes_are_told_to_the_configured_webhook(tmp_path):
    with post_box() as box, rehearsal(tmp_path) as world:
        text = world.path.read_text(encoding="utf-8")
        world.path.write_text(
            f'{text}\n[notify]\nwebhook_url = "{box.url}"\nwebhook_secret = "hush"\n',
            encoding="utf-8",
        )
        world.sync()
        ((_, headers, body),) = box.posts
        told = json.loads(body)
        with world.calsync() as app:
            grave = [
                one for one in app.report().findings if one.severity.band in ("critical", "high")
            ]
            assert ids(told) == [one.finding.id for one in grave]
            assert app.tell() == 0
        assert headers["webhook-signature"].startswith("v1,")
        titles = {m.title for one in grave for m in one.finding.members if m.title}
        assert titles
        assert not any(title.encode() in body for title in titles if title != "Hall")
