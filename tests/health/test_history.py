"""Readings are kept once a snapshot and formula, whole or not at all, and never written again."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from shutil import copytree

import pytest

from holdfast.health import history as kept_as
from holdfast.health.comparison import compare
from holdfast.health.history import formula_changes, history, keep_readings, newest
from holdfast.health.settling import put_down
from holdfast.health.subject import Subject
from holdfast.health.taking import AfterTheData, taking
from holdfast.health.work import Work
from holdfast.metrics.published import need_published
from holdfast.metrics.scorecard import scorecard
from holdfast.metrics.values import Scope
from holdfast.warehouse.home import Home

SALTMARSH = Subject("account", "Saltmarsh", "Saltmarsh")
NOW, LATER = datetime(2026, 7, 1, 6), datetime(2026, 7, 2, 6)
MARCH = date(2026, 3, 31)


@pytest.fixture(scope="module")
def home(saltmarsh_home):
    """With the readings of its snapshot, and of March looked back at."""
    keep_readings(saltmarsh_home, now=NOW)
    keep_readings(saltmarsh_home, now=NOW, as_of=MARCH)
    return saltmarsh_home


def test_what_is_kept_is_what_was_read(home):
    march, june = history(home, SALTMARSH)
    assert (march.reading.as_of, march.reading.known) == (MARCH, "now")
    assert (june.reading.known, june.taken_at, june.account) == ("then", NOW, "Saltmarsh")
    with taking(home) as taker:
        assert june.reading == taker.account("Saltmarsh")
        companies = {
            k.reading for k in history(home) if k.reading.known == "then" and k.reading.subject.kind == "company"
        }
        assert companies == set(taker.companies("Saltmarsh"))
    assert [k.reading for k in history(home, kind="account")] == [march.reading, june.reading]
    told = compare(march.reading, june.reading)
    assert told.tenths == june.reading.score - march.reading.score == sum(m.tenths for m in told.moved)


def test_keeping_again_keeps_nothing_and_changes_nothing_without_opening_the_snapshot(home, monkeypatch):
    monkeypatch.setattr(kept_as, "taking", None)
    folder = home.path / "health" / "readings"
    before = {path: path.read_bytes() for path in folder.iterdir()}
    assert len(before) == 2
    assert keep_readings(home, now=LATER)[1] == keep_readings(home, now=LATER, as_of=MARCH)[1] == 0
    assert {path: path.read_bytes() for path in folder.iterdir()} == before
    assert all(path.stat().st_mode & 0o222 == 0 for path in before)


def test_the_newest_reading_of_the_day_itself_stands_among_the_numbers(home):
    """M46: by hand that of the reading, wherever the account's only shop is asked for; what was looked back at is not."""
    june = history(home, SALTMARSH)[-1].reading
    for scope in (Scope(), Scope("account", "Saltmarsh"), Scope("shop", "Saltmarsh")):
        value = need_published(home).value("health_score", scope)
        assert (value.as_of, value.n, value.reading.point) == (june.as_of, len(june.reasons), june.points)
        assert "% of its points are known" in value.reading.method
    line = next(one for one in scorecard(need_published(home)).lines if one.metric and one.metric.number == "M46")
    assert line.value.reading.point == june.points and line.verdict == "no target"


def test_an_account_of_whom_too_little_is_known_has_no_number_but_the_reason(home, tmp_path):
    copied = Home(copytree(home.path, tmp_path / "home", symlinks=True))
    with taking(copied) as taker:
        thin = replace(taker.account("Saltmarsh"), score=None, coverage=45.0)
        put_down(taker, [thin])
    value = need_published(copied).value("health_score", Scope("account", "Saltmarsh"))
    assert "45 % of its points are known, and 60 % are needed" in value.reading.why


def test_a_day_that_the_data_do_not_reach_is_refused(home):
    with pytest.raises(AfterTheData, match="the data end on 2026-06-30"):
        keep_readings(home, now=NOW, as_of=date(2026, 7, 1))


def test_a_crash_while_keeping_leaves_nothing(home, monkeypatch):
    def dies(path: Path) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(kept_as, "_flush", dies)
    day = MARCH - timedelta(days=1)
    with pytest.raises(KeyboardInterrupt):
        keep_readings(home, now=NOW, as_of=day)
    assert not list((home.path / "health" / "readings").glob(f"*{day}*"))
    assert [k.reading.as_of for k in history(home, SALTMARSH)] == [MARCH, date(2026, 6, 30)]


def test_an_edited_scorecard_is_read_beside_what_stands_and_the_change_is_dated(home, tmp_path):
    other = Home(Path(copytree(home.path, tmp_path / "home", symlinks=True)))
    shipped = (files("holdfast.health") / "scorecards" / "b2c_marketplace.toml").read_text()
    (other.path / "health" / "b2c_marketplace.toml").write_text(shipped.replace("good = 75", "good = 55"))
    company = next(k.reading for k in history(other) if k.reading.subject.label == "Mill Office")
    told = Work(date(2026, 6, 30), champion=True)
    kept = keep_readings(other, now=LATER, work={"Saltmarsh": told}, work_of_companies={int(company.subject.key): told})
    assert kept[1] == 7
    champion = next(r for r in history(other, company.subject)[-1].reading.reasons if r.input == "champion")
    assert (champion.sentence, champion.lost) == ("a champion is there", 0)
    march, june, again = history(other, SALTMARSH)
    assert (june.reading.status, again.reading.status) == ("watch", "good")
    assert june.reading.digest == march.reading.digest != again.reading.digest
    assert formula_changes((march, june, again)) == (date(2026, 6, 30),)
    assert newest((march, june, again)) == (march, again)
    assert history(other, SALTMARSH, until=MARCH) == (march,)
