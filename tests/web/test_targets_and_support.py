"""Pages of targets, seasons, support and phases: over the invented shop, and over Saltmarsh, imported and built here."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

import holdfast
from holdfast.metrics.freeze import freezes
from holdfast.metrics.merchant import keep_segment, read_merchant
from holdfast.metrics.publish import build
from holdfast.metrics.values import PhaseCell
from holdfast.sources.files.load import load
from holdfast.warehouse.home import Home
from holdfast.web import deciding

SALTMARSH = Path(holdfast.__file__).parent / "examples" / "saltmarsh"
TODAY = date(2026, 6, 30)
FILES = (
    "customers", "orders", "tickets", "ticket_comments", "ticket_status_changes", "business_hours",
    "holidays_of_business_hours",
)  # fmt: skip


def text_of(answer: Any) -> str:
    return str(answer.content.decode().replace("\u00a0", " ").replace("\u202f", " "))


def rows_of(answer: Any) -> list[dict[str, str]]:
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = Home(tmp_path_factory.mktemp("saltmarsh") / "home")
    home.create()
    load(home, [SALTMARSH / f"{name}.csv" for name in FILES], shop="Saltmarsh", zone="Europe/Amsterdam", currency="EUR")
    build(home, today=TODAY)
    return home


@pytest.fixture
def saltmarsh(built: Home, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    """Without decisions; today is the day of its data."""
    settings.HOME = built
    monkeypatch.setattr(deciding, "today", lambda: TODAY)
    yield built
    (built.path / "merchant.toml").unlink(missing_ok=True)
    for one in freezes(built.path):
        for file in one.path.iterdir():
            file.unlink()
        one.path.rmdir()


def decide(client: Client, do: str, **sent: str) -> str:
    return text_of(client.post("/targets/", {"do": do, **sent}, follow=True))


# --- Segments --------------------------------------------------------------------------------------------


def test_the_card_asks_for_the_segment_once_and_then_shows_its_targets(saltmarsh: Home, ada: Client) -> None:
    page = text_of(ada.get("/"))
    assert "Which segment is Saltmarsh" in page
    assert "Repeat purchase rate" in page
    said = decide(ada, "segment", account="Saltmarsh", segment="subscription", next="/")
    assert "Saltmarsh is measured against the targets of Subscription." in said
    assert "Which segment is" not in said
    assert "Subscriber churn per month" in said
    assert read_merchant(saltmarsh.path).segments == {"Saltmarsh": "subscription"}
    told = {row["phase"] for row in rows_of(ada.get("/?as=csv"))}
    assert "Subscription" in told
    assert not told & {"B2C marketplace", "B2B platform"}


def test_another_segment_may_be_looked_at_without_being_kept(saltmarsh: Home, ada: Client) -> None:
    keep_segment(saltmarsh.path, "subscription", "Saltmarsh")
    assert "B2B platform" in {row["phase"] for row in rows_of(ada.get("/?segment=b2b_platform&as=csv"))}
    assert read_merchant(saltmarsh.path).segments == {"Saltmarsh": "subscription"}


def test_targets_that_contradict_each_other_stand_on_the_card_with_the_arithmetic(saltmarsh: Home, ada: Client) -> None:
    keep_segment(saltmarsh.path, "subscription", "Saltmarsh")
    page = text_of(ada.get("/"))
    assert "Targets that contradict each other" in page
    assert "3 % a month keeps 69.4 % over a year and 5 % a month keeps 54.0 % over a year" in page
    assert "85 % a year needs 1.35 % a month or less" in page
    assert "69.4 %" in text_of(ada.get("/targets/"))


def test_every_target_says_who_set_it_on_the_card_the_metric_and_in_the_file(saltmarsh: Home, ada: Client) -> None:
    keep_segment(saltmarsh.path, "subscription", "Saltmarsh")
    source = "built-in framework, targets of the segment subscription"
    assert f"Target: {source}." in text_of(ada.get("/"))
    assert source in text_of(ada.get("/metrics/subscriber_churn/"))
    assert f"Set by: {source}." in text_of(ada.get("/metrics/subscriber_churn/explain/"))
    assert all(row["target_source"] for row in rows_of(ada.get("/?as=csv")) if row["target"])


def test_the_scale_conflict_is_asked_until_it_is_answered(saltmarsh: Home, ada: Client) -> None:
    keep_segment(saltmarsh.path, "b2c_marketplace", "Saltmarsh")
    question = "Do you mean a mean of 4.3 out of 5"
    assert "Satisfaction of retained customers 4.3+ NPS" in text_of(ada.get("/")).partition("asked once")[2][:300]
    assert question in text_of(ada.get("/targets/"))
    decide(ada, "answer", criterion="retention_satisfaction", answer="mean")
    assert "Satisfaction of retained customers 4.3+ NPS" not in text_of(ada.get("/")).partition("asked once")[2][:300]
    assert "Answered by ada on 30 Jun 2026" in text_of(ada.get("/targets/"))
    assert "answered by ada on 2026-06-30" in text_of(ada.get("/metrics/retained_satisfaction/"))


def test_a_target_that_is_left_aside_shows_no_target_and_says_why(saltmarsh: Home, ada: Client) -> None:
    keep_segment(saltmarsh.path, "subscription", "Saltmarsh")
    (row,) = [r for r in rows_of(ada.get("/?as=csv")) if r["metric"] == "annual_retention"]
    assert (row["target"], row["status"]) == ("", "No target")
    assert "contradicts a target of Subscription" in text_of(ada.get("/"))


# --- Who may decide, and what cannot be kept -------------------------------------------------------------


def test_only_administrators_decide_and_everybody_may_read(saltmarsh: Home, rob: Client) -> None:
    assert rob.get("/targets/").status_code == 200
    assert "<select" not in text_of(rob.get("/targets/"))
    sent = {"do": "segment", "account": "Saltmarsh", "segment": "subscription"}
    assert rob.post("/targets/", sent).status_code == 403
    assert read_merchant(saltmarsh.path).segments == {}
    assert "An administrator chooses it once." in text_of(rob.get("/"))


@pytest.mark.parametrize(
    ("do", "sent", "says"),
    [
        ("segment", {"account": "Saltmarsh", "segment": "none"}, "There is no such account or segment."),
        ("segment", {"account": "Nobody", "segment": "subscription"}, "There is no such account or segment."),
        ("answer", {"criterion": "retention_satisfaction", "answer": "x"}, "Choose one of the answers."),
        ("market", {"shop": "Saltmarsh", "market": "ZZ"}, "There is no such shop or market."),
        ("freeze", {"since": "2026-07-01", "until": ""}, "Give both days of the freeze"),
        ("freeze", {"since": "2026-07-01", "until": "2026-06-30"}, "cannot end on 30 Jun 2026, before it begins on"),
        ("end", {"name": "../../x"}, "there is no freeze ../../x"),
        ("elsewhere", {}, "Nothing was decided"),
    ],
)
def test_what_cannot_be_kept_is_said_and_changes_nothing(
    saltmarsh: Home, ada: Client, do: str, sent: dict[str, str], says: str
) -> None:
    page = decide(ada, do, **sent)
    assert says in page
    assert 'role="alert"' in page
    assert not (saltmarsh.path / "merchant.toml").exists()
    assert freezes(saltmarsh.path) == ()


def test_after_deciding_nobody_is_sent_to_another_site(saltmarsh: Home, ada: Client) -> None:
    sent = {"do": "segment", "account": "Saltmarsh", "segment": "subscription", "next": "https://elsewhere.example/"}
    assert ada.post("/targets/", sent).headers["Location"] == "/targets/"


# --- Freezes and markets ---------------------------------------------------------------------------------


def test_a_freeze_stands_on_the_card_with_what_waits_and_ends_when_told(saltmarsh: Home, ada: Client) -> None:
    keep_segment(saltmarsh.path, "subscription", "Saltmarsh")
    decide(ada, "freeze", since=str(TODAY), until=str(TODAY + timedelta(days=30)), why="summer sale")
    decide(ada, "segment", account="Saltmarsh", segment="b2b_platform")
    page = text_of(ada.get("/"))
    assert "Targets and definitions are frozen" in page
    assert "from 30 Jun 2026 to 30 Jul 2026: summer sale" in page
    assert "the segment of Saltmarsh changes" in page
    assert "Subscription" in {row["phase"] for row in rows_of(ada.get("/?as=csv"))}
    decide(ada, "end", name="2026-06-30_2026-07-30")
    assert "B2B platform" in {row["phase"] for row in rows_of(ada.get("/?as=csv"))}


def test_a_shop_has_the_market_of_its_zone_until_another_is_chosen_and_the_coming_peaks_have_dates(
    saltmarsh: Home, ada: Client
) -> None:
    page = text_of(ada.get("/targets/"))
    assert "Coming peaks, Netherlands" in page
    assert "27 Nov 2026 to 30 Nov 2026" in page
    assert "Coming peaks, France" in decide(ada, "market", shop="Saltmarsh", market="FR")


# --- Support and phases ----------------------------------------------------------------------------------


def test_the_support_page_shows_both_clocks_with_median_and_nine_in_ten(saltmarsh: Home, ada: Client) -> None:
    page = text_of(ada.get("/support/"))
    assert "business hours: median 2 h, nine in ten 9 h; calendar hours: median 5 h, nine in ten 89 h" in page
    assert page.count('<svg class="ch stack"') == 2
    spread = {(r["measure"], r["clock"]): r for r in rows_of(ada.get("/support/?as=csv&of=spread"))}
    assert (spread["first reply", "business"]["median_hours"], spread["first reply", "business"]["p90_hours"]) == (
        "2.0",
        "9.0",
    )
    hours = rows_of(ada.get("/support/?as=csv"))
    business = [r for r in hours if r["measure"] == "first reply" and r["waiting"] == "false"]
    assert sum(int(r["tickets_by_business_hours"]) for r in business) == 10
    assert "median 2 h" in text_of(ada.get("/metrics/first_reply_time/"))


def test_phases_of_one_cohort_or_all_and_every_cohort_as_a_table_and_a_file(shop: Home, ada: Client) -> None:
    page = text_of(ada.get("/cohorts/"))
    assert "Phases of all customers" in page
    assert "of them, came back after lapsing" in page
    assert "Acquisition is not shown: no account in these data says when it was opened." in page
    assert "Phases of customers of Mar 1997" in text_of(ada.get("/cohorts/?entered=1997-03-01"))
    rows = rows_of(ada.get("/cohorts/?as=csv&of=phases"))
    (one,) = [r for r in rows if r["cohort"] == "1997-03-01" and r["phase"] == "Retention"]
    assert int(one["bought_in_it"]) / int(one["phase_over"]) == pytest.approx(float(one["share_bought"]))
    assert (one["from_day"], one["until_day"]) == ("30", "365")


def test_a_shop_without_tickets_is_told_what_to_bring(shop: Home, ada: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    import fakes

    monkeypatch.setattr(fakes.Published, "responses", lambda self, measure, scope=None: ())
    page = text_of(ada.get("/support/"))
    assert "No tickets yet" in page
    assert "Bring in files" in page


def test_weeks_say_which_two_are_compared_on_the_metric_and_in_the_file(
    home: Home, ada: Client, tmp_path: Path
) -> None:
    """Thanksgiving was late in 2019: its week is held against the one 53 weeks before."""
    lines = ["order id,customer id,order date,sku,quantity,price"]
    for n in range(731):
        day = date(2017, 12, 1) + timedelta(days=n)
        lines += [f"{n}-{k},c{n}-{k},{day},mug,1,{10 + k}" for k in range(2)]
    (tmp_path / "orders.csv").write_text("\n".join(lines) + "\n")
    load(home, [tmp_path / "orders.csv"], shop="mugs", currency="GBP", zone="Europe/London")
    build(home, today=date(2019, 12, 1))
    page = text_of(ada.get("/metrics/average_order_value/"))
    assert "By week, against the same week a year before" in page
    assert "25 Nov 2019 to 1 Dec 2019" in page
    assert "19 Nov 2018 to 25 Nov 2018" in page
    assert "53 weeks back, since 52 weeks back Black Friday to Cyber Monday falls otherwise" in page
    newest = rows_of(ada.get("/metrics/average_order_value/?as=csv&of=weeks"))[0]
    assert (newest["week"], newest["week_before"], newest["weeks_back"]) == ("2019-W48", "2018-W47", "53")
    assert "2018-W47" in text_of(ada.get("/"))
    opened = text_of(ada.get("/metrics/average_order_value/explain/?by=week&member=2019-11-25"))
    assert "14 customers" in opened  # two a day
    rows = text_of(ada.get("/metrics/average_order_value/rows/?by=week&member=2019-11-25"))
    assert rows.count('scope="row"') == 14
    # The twelve months to 1 December 2019 end before Cyber Monday, those before hold it: no change is given.
    assert "Black Friday to Cyber Monday: 3 days against 4 in the year before" in text_of(
        ada.get("/metrics/average_order_value/explain/")
    )


def test_the_numbers_of_a_phase_open_its_customers(saltmarsh: Home, ada: Client) -> None:
    cells = rows_of(ada.get("/cohorts/?as=csv&of=phases"))
    bought = [c for c in cells if int(c["bought_in_it"])]
    assert {c["phase"] for c in bought} == {"Acquisition", "Activation", "Established"}
    for cell in bought:
        at = f"/cohorts/phases/?phase={cell['from_day']}&entered={cell['cohort']}"
        assert at.replace("&", "&amp;") in text_of(ada.get("/cohorts/"))
        page = text_of(ada.get(at))
        assert page.count('<th scope="row"') == int(cell["bought_in_it"])
        first = page.partition('<th scope="row"')[2].partition('href="')[2].partition('"')[0].replace("&amp;", "&")
        assert ada.get(first).status_code == 200
        assert len(rows_of(ada.get(f"{at}&status=entered&as=csv"))) == int(cell["entered"])
    assert ada.get("/cohorts/phases/?phase=8&entered=2026-01-01").status_code == 404


def test_an_acquisition_smaller_than_activation_says_why(
    shop: Home, ada: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    import fakes

    def cell(phase: str, since: int, until: int, entered: int) -> PhaseCell:
        return PhaseCell(phase, since, until, date(1997, 3, 1), entered, entered, 2, 0)

    for opened, said in ((3, True), (12, False)):
        cells = (cell("Acquisition", 0, 7, opened), cell("Activation", 7, 30, 10))
        monkeypatch.setattr(fakes.Published, "phases", lambda self, scope=None, cells=cells: cells)
        page = text_of(ada.get("/cohorts/"))
        assert ("only accounts whose date of creation is known" in page) is said
