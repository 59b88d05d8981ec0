"""Scorecards of merchants: their segment's targets, contradictions, answers, freezes, and no verdict across peaks."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path

import pytest

from holdfast.commerce.unknown import Unknown
from holdfast.metrics.drill import measured
from holdfast.metrics.framework import FrameworkProblem
from holdfast.metrics.freeze import FreezeProblem, end, freeze, freezes, renew
from holdfast.metrics.merchant import Merchant, keep_answer, keep_market, keep_segment, read_merchant
from holdfast.metrics.publish import build
from holdfast.metrics.published import Published, need_published
from holdfast.metrics.registry import METRICS, find
from holdfast.metrics.scorecard import Scorecard, scorecard
from holdfast.metrics.values import Change, Scope
from holdfast.sources.files.load import load
from holdfast.warehouse.home import Home

TODAY = date(2025, 11, 20)  # the week before Black Friday
RETENTION, CHURN = "retention_annual", "subscription_churn"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Two accounts, one shop each; customer n of 40 buys every 30 days for three years and more, on days of their own."""
    home = Home(tmp_path_factory.mktemp("merchants") / "home")
    home.create()
    for shop, zone in (("North", "Europe/Amsterdam"), ("South", "Asia/Tokyo")):
        lines = ["order id,email,order date,sku,quantity,price"]
        for n in range(40):
            for turn in range(39):
                day = date(2022, 10, 1) + timedelta(days=n % 30 + 30 * turn)
                lines.append(f"{n}-{turn},c{n}@{shop.lower()}.example,{day},mug,1,{9 + n % 3}")
        path = home.path / f"{shop}.csv"
        path.write_text("\n".join(lines) + "\n")
        load(home, [path], shop=shop, account=f"{shop} Ltd", currency="EUR", zone=zone)
    build(home, today=TODAY)
    return home


@pytest.fixture
def home(built: Home) -> Iterator[Home]:
    """Each test begins without decisions."""
    yield built
    for name in ("merchant.toml", "framework.toml", "peaks.toml"):
        (built.path / name).unlink(missing_ok=True)
    for one in freezes(built.path):
        for file in one.path.iterdir():
            file.unlink()
        one.path.rmdir()


NORTH = Scope("account", "North Ltd")


def card(home: Home, scope: Scope = NORTH, segment: str | None = None) -> Scorecard:
    return scorecard(need_published(home), scope, segment)


def targets(found: Scorecard) -> set[str]:
    return {line.criterion.id for line in found.lines if line.criterion}


def test_an_account_sees_the_targets_of_its_own_segment_and_no_others(home: Home) -> None:
    keep_segment(home.path, "subscription", "North Ltd")
    keep_segment(home.path, "b2b_platform", "South Ltd")
    north, south = card(home), card(home, Scope("shop", "South"))
    assert (north.segment.id, north.chosen, south.segment.id) == ("subscription", "kept", "b2b_platform")
    assert {"subscription_churn", "activation_second_purchase"} <= targets(north)
    assert {"b2b_account_retention", "retention_annual"} <= targets(south)
    assert not [t for t in targets(north) if t.startswith(("b2b", "marketplace"))]
    assert not [t for t in targets(south) if t.startswith(("subscription", "marketplace"))]


def test_where_accounts_differ_all_of_them_together_see_the_phases_only(home: Home) -> None:
    keep_segment(home.path, "subscription", "North Ltd")
    both = card(home, Scope())
    assert (both.chosen, both.segment.id) == ("differ", "")
    assert {t.partition("_")[0] for t in targets(both)} == {"acquisition", "activation", "retention"}
    keep_segment(home.path, "subscription", "South Ltd")
    assert card(home, Scope()).segment.id == "subscription"


def test_a_segment_asked_for_once_is_not_kept_and_nobody_yet_is_told_apart(home: Home) -> None:
    assert card(home).chosen == "nobody"
    assert card(home, segment="b2b_platform").chosen == "asked"
    assert read_merchant(home.path) == Merchant()
    keep_segment(home.path, "b2b_platform")
    assert (card(home).segment.id, card(home).chosen) == ("b2b_platform", "kept")


def test_churn_and_annual_retention_contradict_each_other_where_both_apply(home: Home) -> None:
    keep_segment(home.path, "subscription", "North Ltd")
    said = {clash.contradiction.id: clash.arithmetic for clash in card(home).clashes}
    assert said["monthly_churn_or_annual_retention"] == (
        "3 % a month keeps 69.4 % over a year and 5 % keeps 54.0 %; 85 % a year needs 1.35 % a month or less"
    ).replace("5 % keeps", "5 % a month keeps").replace("keeps 54.0 %", "keeps 54.0 % over a year")
    assert said["monthly_growth"] == "15 % a month is × 5.35 a year and 25 % a month is × 14.55 a year"
    assert "between 79 % and 104 %" in said["expansion_with_churn"]
    assert "monthly_churn_or_account_retention" not in said  # another segment's
    assert "monthly_churn_or_annual_retention" not in {
        clash.contradiction.id for clash in card(home, segment="b2c_marketplace").clashes
    }


def test_a_target_that_a_segment_leaves_aside_is_judged_once_the_merchant_wants_it(home: Home) -> None:
    keep_segment(home.path, "subscription", "North Ltd")
    (aside,) = [line for line in card(home).lines if line.metric and line.metric.id == "annual_retention"]
    assert (aside.criterion, aside.verdict) == (None, "no target")
    assert "contradicts a target of Subscription" in aside.sentence
    assert RETENTION in {q.criterion.id for q in card(home).open_questions}
    keep_answer(home.path, RETENTION, "apply", by="ada", on=TODAY)
    (judged,) = [line for line in card(home).lines if line.metric and line.metric.id == "annual_retention"]
    assert (judged.criterion and judged.criterion.id, judged.verdict) == (RETENTION, "met")
    assert RETENTION not in {q.criterion.id for q in card(home).open_questions}


def test_contradictions_follow_the_merchants_own_numbers(home: Home) -> None:
    own = _own(home, "acceptable = 0.05\nstretch = 0.03", "acceptable = 0.01\nstretch = 0.005")
    (home.path / "framework.toml").write_text(own)
    keep_segment(home.path, "subscription", "North Ltd")
    assert "monthly_churn_or_annual_retention" not in {clash.contradiction.id for clash in card(home).clashes}


def _own(home: Home, old: str, new: str) -> str:
    from importlib.resources import files

    text = (files("holdfast.metrics") / "frameworks" / "ecommerce.toml").read_text(encoding="utf-8")
    assert old in text
    return str(text.replace(old, new))


def test_the_scale_conflict_is_asked_once_and_the_answer_moves_the_target(home: Home) -> None:
    found = card(home)
    (asked,) = [q for q in found.open_questions if q.criterion.id == "retention_satisfaction"]
    assert [o.id for o in asked.options] == ["mean", "nps_4", "nps_43"]
    keep_answer(home.path, "retention_satisfaction", "nps_43", by="ada", on=TODAY)
    found = card(home)
    assert "retention_satisfaction" not in {q.criterion.id for q in found.open_questions}
    (line,) = [one for one in found.lines if one.criterion and one.criterion.id == "retention_satisfaction"]
    assert line.criterion is not None
    assert (line.metric and line.metric.number, line.criterion.scale, line.criterion.acceptable) == (
        "M35",
        "points",
        43,
    )
    assert line.source.endswith("read as a Net Promoter Score of 43, answered by ada on 2025-11-20")
    keep_answer(home.path, "retention_satisfaction", "mean", by="bo", on=TODAY)
    (line,) = [one for one in card(home).lines if one.criterion and one.criterion.id == "retention_satisfaction"]
    assert line.criterion is not None
    assert (line.criterion.scale, line.criterion.acceptable) == ("mean_1_5", 4.3)


def test_an_answer_that_a_target_is_not_meant_leaves_it_aside(home: Home) -> None:
    keep_segment(home.path, "subscription", "North Ltd")
    keep_answer(home.path, "subscription_mrr_growth", "not_monthly", by="ada", on=TODAY)
    (line,) = [one for one in card(home).lines if one.metric and one.metric.id == "mrr_growth"]
    assert (line.verdict, line.criterion) == ("no target", None)
    assert "until somebody sets the right one" in line.sentence


def test_every_judged_line_names_where_its_target_comes_from(home: Home) -> None:
    for segment in ("b2c_marketplace", "b2b_platform", "subscription"):
        assert all(line.source for line in card(home, segment=segment).lines if line.criterion)


def test_comments_and_other_decisions_in_the_file_outlive_a_new_one(home: Home) -> None:
    (home.path / "merchant.toml").write_text('# ours\n[shop."North"]\nmarket = "DE" # sells there\n')
    keep_segment(home.path, "subscription", "North Ltd")
    keep_answer(home.path, "retention_clv", "days_90", by="ada", on=TODAY)
    text = (home.path / "merchant.toml").read_text()
    assert "# ours" in text
    assert "# sells there" in text
    read = read_merchant(home.path)
    assert (read.segments, read.markets) == ({"North Ltd": "subscription"}, {"North": "DE"})
    assert read.answers["retention_clv"].on == TODAY


def test_of_many_who_decide_at_the_same_moment_nobody_loses_an_answer(home: Home) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: keep_segment(home.path, "subscription", f"account {n}"), range(24)))
    assert len(read_merchant(home.path).segments) == 24


def test_a_mistake_in_the_file_is_named(home: Home) -> None:
    (home.path / "merchant.toml").write_text('[account."North Ltd"]\nsegmnt = "subscription"\n')
    with pytest.raises(FrameworkProblem, match=r"merchant.toml: account.North Ltd.segment: is missing"):
        card(home)


# --- Peaks -----------------------------------------------------------------------------------------------


def on(home: Home, metric: str, day: date, scope: Scope) -> Published:
    return measured(home, [METRICS[metric]], scope, day)


def test_a_change_between_a_year_with_two_black_fridays_and_one_with_none_is_refused(built: Home, home: Home) -> None:
    """North keeps Black Friday, South (Japan) does not: 2024-11-29 was one, and so was 2023-11-24."""
    day = date(2024, 11, 28)
    north = on(home, "average_order_value", day, Scope("shop", "North"))
    refused = north.previous("average_order_value", Scope("shop", "North"))
    assert isinstance(refused, Unknown)
    assert refused.why == "not comparable: Black Friday to Cyber Monday: 0 days against 4 in the year before"
    south = on(home, "average_order_value", day, Scope("shop", "South"))
    assert isinstance(south.previous("average_order_value", Scope("shop", "South")), Change | Unknown)
    assert "not comparable" not in str(south.previous("average_order_value", Scope("shop", "South")))


def test_a_fair_change_says_which_days_it_compares(home: Home) -> None:
    change = need_published(home).previous("average_order_value", Scope("shop", "North"))
    assert isinstance(change, Change)
    assert change.periods is not None
    now, before = change.periods
    assert (now.since, now.until) == (date(2024, 11, 21), TODAY)
    assert (before.since, before.until) == (date(2023, 11, 21), date(2024, 11, 20))


def test_the_markets_peaks_are_the_homes_to_edit(home: Home) -> None:
    """A peak of one week that the twelve months hold once, and the twelve before not: it began this year."""
    (home.path / "peaks.toml").write_text(
        '[[peak]]\nid = "fair"\nname = "Fair"\nstarts = { month = 6, day = 1 }\ndays = 7\nsince = 2025\n'
        '[[market]]\nid = "XX"\nname = "Ours"\npeaks = ["fair"]\n'
    )
    scope = Scope("shop", "North")
    assert isinstance(need_published(home).previous("average_order_value", scope), Change)
    keep_market(home.path, "North", "XX")
    refused = need_published(home).previous("average_order_value", scope)
    assert isinstance(refused, Unknown)
    assert "Fair: 7 days against 0" in refused.why


def test_a_target_of_a_year_does_not_judge_twelve_months_with_a_peak_missing(home: Home) -> None:
    own = _own(
        home,
        'measure = "M18"\nbeside = ["M18b"]\nscale = "share"\ndirection = "up"\noperator = ">="\nacceptable = 0.60',
        'measure = "M18"\nmetric = "returning_revenue_share"\nscale = "share"\ndirection = "up"\noperator = ">="\nacceptable = 0.60',
    )
    (home.path / "framework.toml").write_text(own)
    keep_segment(home.path, "b2c_marketplace")
    scope = Scope("shop", "North")

    def judged(day: date) -> tuple[str, str]:
        found = scorecard(on(home, "returning_revenue_share", day, scope), scope)
        (line,) = [one for one in found.lines if one.metric and one.metric.id == "returning_revenue_share"]
        return line.verdict, line.sentence

    assert judged(date(2024, 11, 20))[0] == "stretch"
    verdict, sentence = judged(date(2024, 11, 28))
    assert verdict == "unknown"
    assert "not comparable" in sentence
    assert "Black Friday to Cyber Monday: 0 days against 4" in sentence


# --- Freezes ---------------------------------------------------------------------------------------------


def hold(home: Home, **more: object) -> None:
    versions = {m.id: m.version for m in METRICS.values()} | {str(k): int(str(v)) for k, v in more.items()}
    freeze(home.path, TODAY, date(2025, 12, 27), why="peak season", by="ada", on=TODAY, versions=versions)


def test_a_target_changed_in_a_freeze_waits_for_its_end(home: Home) -> None:
    keep_segment(home.path, "b2c_marketplace", "North Ltd")
    hold(home)
    own = _own(home, "acceptable = 0.60\nstretch = 0.80", "acceptable = 0.10\nstretch = 0.20")
    (home.path / "framework.toml").write_text(own)
    keep_answer(home.path, "retention_satisfaction", "nps_43", by="bo", on=TODAY)
    keep_segment(home.path, "subscription", "North Ltd")
    found = card(home)
    assert found.freeze is not None
    assert (found.freeze.until, found.freeze.why, found.segment.id) == (
        date(2025, 12, 27),
        "peak season",
        "b2c_marketplace",
    )
    assert found.framework.criterion("marketplace_repeat_purchase").acceptable == 0.60
    assert found.framework.criterion("retention_satisfaction").scale == "mean_1_5"
    assert "“Repeat purchase rate 60–80 % within 12 months” changes" in found.waiting
    assert "“Satisfaction of retained customers 4.3+ NPS” changes" in found.waiting
    assert "the segment of North Ltd changes" in found.waiting
    end(home.path, found.freeze.name, TODAY)
    later = card(home)
    assert (later.freeze, later.segment.id) == (None, "subscription")
    assert later.framework.criterion("marketplace_repeat_purchase").acceptable == 0.10


def test_a_definition_that_moves_within_a_freeze_is_not_judged_until_its_end(home: Home) -> None:
    keep_segment(home.path, "b2c_marketplace")
    hold(home, repeat_purchase_rate=find("M18").version + 1)
    (line,) = [one for one in card(home).lines if one.criterion and one.criterion.number == "M18"]
    assert line.verdict == "unknown"
    assert "within the freeze; it is judged again after 2025-12-27" in line.sentence


def test_a_segment_nobody_had_chosen_may_be_chosen_within_a_freeze(home: Home) -> None:
    hold(home)
    assert card(home).chosen == "nobody"
    keep_segment(home.path, "subscription", "North Ltd")
    assert card(home).segment.id == "subscription"


def test_a_freeze_declared_ahead_holds_what_stands_when_it_begins(home: Home) -> None:
    freeze(home.path, date(2025, 12, 1), date(2025, 12, 27), why="", by="ada", on=TODAY, versions={})
    assert card(home).freeze is None
    keep_answer(home.path, "retention_satisfaction", "nps_43", by="bo", on=TODAY)
    renew(home.path, date(2025, 11, 30), {})
    keep_answer(home.path, "retention_satisfaction", "mean", by="bo", on=date(2025, 12, 2))
    renew(home.path, date(2025, 12, 3), {})
    (held,) = freezes(home.path)
    assert (held.held_on, read_merchant(held.path).answers["retention_satisfaction"].says) == (
        date(2025, 11, 30),
        "nps_43",
    )


def test_a_freeze_of_the_past_or_over_another_is_refused(home: Home) -> None:
    with pytest.raises(FreezeProblem, match="cannot begin on 2025-11-01"):
        freeze(home.path, date(2025, 11, 1), date(2025, 12, 1), why="", by="", on=TODAY, versions={})
    hold(home)
    with pytest.raises(FreezeProblem, match="end it first"):
        freeze(home.path, date(2025, 12, 27), date(2026, 1, 5), why="", by="", on=TODAY, versions={})
    with pytest.raises(FreezeProblem, match="there is no freeze 2020"):
        end(home.path, "2020", TODAY)


def test_the_path_of_a_freeze_says_its_days(home: Home) -> None:
    hold(home)
    assert (Path(home.path) / "frozen" / "2025-11-20_2025-12-27" / "framework.toml").is_file()
