"""What each page shows, over an invented shop."""

from __future__ import annotations

import io

import duckdb
import pytest
from django.test import Client

from holdfast.commerce.unknown import Unknown
from holdfast.metrics.worked import every_worked
from holdfast.warehouse.home import Home
from holdfast.web import reading

PAGES = (
    "/",
    "/?tab=off",
    "/?tab=unmeasured",
    "/?segment=subscription",
    "/support/",
    "/targets/",
    "/metrics/",
    "/metrics/repeat_purchase/",
    "/metrics/time_to_first/",
    "/metrics/revenue/",
    "/metrics/days_to_second/",
    "/metrics/repeat_purchase/explain/",
    "/metrics/repeat_purchase/explain/?at=1997-03-31",
    "/metrics/repeat_purchase/explain/?by=country&member=Germany",
    "/metrics/repeat_purchase/explain/?reported=1998-03-31-a1",
    "/metrics/repeat_purchase/rows/",
    "/metrics/repeat_purchase/rows/?status=open&page=2",
    "/metrics/repeat_purchase/rows/17/",
    "/metrics/repeat_purchase/rows/?at=1997-03-31",
    "/metrics/repeat_purchase/rows/?by=country&member=Germany&page=2",
    "/cohorts/",
    "/cohorts/explain/?cohort=1997-03-01&month=2",
    "/cohorts/rows/?cohort=1997-03-01&month=2",
    "/cohorts/rows/?cohort=1997-03-01&month=2&status=all",
    "/recurring/",
    "/recurring/?month=1997-06-01",
    "/sources/",
    "/sources/rejects/",
    "/settings/",
    "/settings/two-factor/",
    "/settings/password/",
    "/start/",
    "/palette/",
)


@pytest.mark.parametrize("path", PAGES)
def test_every_page_answers_with_a_whole_page(shop: Home, ada: Client, path: str) -> None:
    answer = ada.get(path)
    assert answer.status_code == 200
    assert b"Undefined" not in answer.content


def text_of(answer: object) -> str:
    return answer.content.decode().replace("\u00a0", " ").replace("\u202f", " ")  # type: ignore[attr-defined]


def test_the_scorecard_shows_value_target_gap_and_status(shop: Home, ada: Client) -> None:
    page = text_of(ada.get("/"))
    assert "45.8 %" in page
    assert "60 to 80 %" in page
    assert "−14.2 pp" in page  # 45.8 − 60.0
    assert "1 of 4 judged targets met, 2 missed, 1 undecided; 4 cannot be measured yet." in page


def test_an_unknown_is_a_dash_with_its_reason_and_never_green(shop: Home, ada: Client) -> None:
    page = text_of(ada.get("/?tab=unmeasured"))
    assert "Not measured." in page
    assert "Connect a help desk." in page
    assert "No customer has an account creation date." in page
    table = page.split("<thead>")[1].split("</table>")[0]
    assert 'class="st met"' not in table
    assert ">0<" not in table


def test_an_effect_claim_without_a_holdout_is_never_met(shop: Home, ada: Client) -> None:
    row = text_of(ada.get("/")).split("Order value lifted by personalization", 1)[1].split("</tr>")[0]
    assert ">not comparable yet<" in row
    assert "Needs a holdout" in row


def test_nothing_built_leads_to_the_first_import(empty: Home, ada: Client) -> None:
    for path in ("/", "/metrics/", "/cohorts/", "/metrics/repeat_purchase/"):
        assert ada.get(path).headers["Location"] == "/start/"
    assert "Bring in your orders" in text_of(ada.get("/start/"))


def test_a_popover_holds_only_its_own_content(shop: Home, ada: Client) -> None:
    part = ada.get("/metrics/repeat_purchase/explain/", headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part
    for words in ("Definition", "Window", "Left out", "Interval", "Target", "Freshness", "Version", "SELECT"):
        assert words in part


def test_a_metric_shows_its_worked_example_and_that_the_shop_is_simulated(
    shop: Home, ada: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "worked", lambda metric_id: every_worked()["repeat_purchase_rate"])
    for path in ("/metrics/repeat_purchase/", "/metrics/repeat_purchase/explain/"):
        example = text_of(ada.get(path)).split("A worked example", 1)[1].split("</details>")[0]
        assert "3 / 5 = 60 %" in example
        assert "Saltmarsh, a simulated shop" in example


def test_a_metric_nobody_declared_is_a_page_that_says_so(shop: Home, ada: Client) -> None:
    answer = ada.get("/metrics/no_such/")
    assert answer.status_code == 404
    assert "There is no metric called no_such." in text_of(answer)


def test_a_unit_nobody_counted_is_not_found(shop: Home, ada: Client) -> None:
    assert ada.get("/metrics/repeat_purchase/rows/999999999/").status_code == 404


def test_source_rows_lead_to_the_load_they_came_with(shop: Home, ada: Client) -> None:
    page = text_of(ada.get("/metrics/repeat_purchase/rows/17/"))
    assert 'href="/sources/#load-2"' in page
    assert 'id="load-2"' in text_of(ada.get("/sources/"))


def test_an_unknown_buyers_order_opens_where_it_is_counted(shop: Home, ada: Client) -> None:
    """Orders without a customer have ids below 0: revenue counts them, coming back does not."""
    assert "Order of an unknown buyer, C--17" in text_of(ada.get("/metrics/order_value/rows/-17/"))
    for none in ("repeat_purchase/rows/-17", "repeat_purchase/rows/seventeen", "repeat_purchase/rows/99999999"):
        assert ada.get(f"/metrics/{none}/").status_code == 404


def test_a_metric_newer_than_the_build_is_unknown_not_broken(
    shop: Home, ada: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    import fakes

    told = Unknown("the last build did not measure it", "build again")
    monkeypatch.setattr(
        "fakes.Published.value", lambda self, metric_id, scope=fakes.ALL: fakes.value_of(metric_id, scope, reading=told)
    )
    for path in ("/", "/metrics/", "/metrics/repeat_purchase/"):
        assert "The last build did not measure it." in text_of(ada.get(path))


def test_page_two_of_the_units_begins_at_row_51(shop: Home, ada: Client) -> None:
    assert "51 to 100 of 23 502 customers" in text_of(ada.get("/metrics/repeat_purchase/rows/?page=2"))


def test_a_page_past_the_last_is_not_found(shop: Home, ada: Client) -> None:
    assert ada.get("/metrics/repeat_purchase/rows/?page=472").status_code == 404  # 23 502 rows fill 471 pages


def test_the_scorecard_leaves_as_csv_with_raw_numbers(shop: Home, ada: Client) -> None:
    answer = ada.get("/?as=csv")
    lines = answer.content.decode("utf-8-sig").splitlines()
    assert lines[0].startswith("phase,criterion,metric,version,now")
    assert any("repeat_purchase,1,0.458," in line for line in lines)
    assert "attachment" in answer.headers["Content-Disposition"]


def test_the_cohorts_leave_as_parquet_that_duckdb_reads(shop: Home, ada: Client, home: Home) -> None:
    path = home.path / "cohorts.parquet"
    path.write_bytes(ada.get("/cohorts/?as=parquet").content)
    found = (
        duckdb.connect().execute(f"SELECT count(DISTINCT cohort), typeof(any_value(cohort)) FROM '{path}'").fetchone()
    )
    assert found == (12, "DATE")


def test_the_metrics_leave_as_a_workbook_with_a_bold_head(shop: Home, ada: Client) -> None:
    from python_calamine import CalamineWorkbook

    book = CalamineWorkbook.from_filelike(io.BytesIO(ada.get("/metrics/?as=xlsx").content))
    rows = book.get_sheet_by_index(0).to_python()
    assert rows[0][0] == "metric"
    assert len(rows) == 10


def test_a_cell_that_looks_like_a_formula_leaves_as_text(shop: Home, ada: Client) -> None:
    body = ada.get("/sources/rejects/?as=csv").content.decode("utf-8-sig")
    assert "'=1+1" in body


def test_rejects_can_be_sifted_by_words(shop: Home, ada: Client) -> None:
    page = text_of(ada.get("/sources/rejects/?q=amount"))
    assert "not an amount of money" in page
    assert "not a date" not in page


def test_a_receipt_shows_totals_by_currency(shop: Home, ada: Client) -> None:
    page = text_of(ada.get("/sources/"))
    assert "$2 500 315.90" in page
    assert "€500.00" in page


@pytest.mark.parametrize(
    "path",
    [
        "/?scope=shop:'; drop table", "/?scope=shop:99", "/?scope=zzz", "/?segment=zzz", "/?tab=zzz", "/?as=pdf",
        "/metrics/?scope=zzz", "/metrics/repeat_purchase/?segment=zzz", "/cohorts/?scope=account:zzz",
        "/metrics/repeat_purchase/rows/?status=zzz", "/metrics/repeat_purchase/rows/?page=two",
        "/metrics/repeat_purchase/explain/?status=zzz", "/cohorts/rows/?cohort=1997-03-01&month=2&status=zzz",
        "/metrics/repeat_purchase/?as=csv&of=zzz", "/metrics/repeat_purchase/rows/17/?as=csv&of=zzz",
        "/sources/rejects/?load=abc", "/sources/rejects/?load=99", "/sources/promises/one_value_per_order/?as=csv",
    ],
)  # fmt: skip
def test_what_an_address_asks_for_and_is_not_there_is_not_found(shop: Home, ada: Client, path: str) -> None:
    assert ada.get(path).status_code == 404


def test_the_only_shop_may_be_named(shop: Home, ada: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    import fakes

    shop.add_shop("north", account="acme", zone="Europe/Oslo", currency="NOK")
    monkeypatch.setattr("holdfast.metrics.published.open_published", lambda home: fakes.Published(shops=shop.shops()))
    for scope in ("shop:north", "account:acme"):
        assert ada.get(f"/?scope={scope}").status_code == 200


def test_an_account_of_one_shop_is_listed_once_and_its_address_still_opens(
    shop: Home, ada: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    import fakes

    for name, account in (("north", "acme"), ("south", "acme"), ("lone", "solo")):
        shop.add_shop(name, account=account, zone="Europe/Oslo", currency="NOK")
    monkeypatch.setattr("holdfast.metrics.published.open_published", lambda home: fakes.Published(shops=shop.shops()))
    page = text_of(ada.get("/?scope=account:solo"))
    assert '<option value="account:acme">acme (account)</option>' in page
    assert "account:solo" not in page.partition('<select name="scope">')[2].partition("</select>")[0]
    assert '<option value="shop:lone" selected>lone</option>' in page


def test_every_number_of_the_scorecard_opens(shop: Home, ada: Client) -> None:
    """Now, gap, change, counted and still open."""
    row = text_of(ada.get("/")).split("Repeat purchase within 12 months", 1)[1].split("</tr>")[0]
    assert row.count('href="/metrics/repeat_purchase/explain/"') == 4
    assert 'href="/metrics/repeat_purchase/explain/?status=open"' in row
    assert "45.2 to 46.4 %" in row  # the interval is read, not only drawn
    for words in ("Gap of", "Change of", ", counted: 23 502", ", still open: 68"):
        assert words in row


def test_where_no_change_is_known_the_reason_is_told(shop: Home, ada: Client) -> None:
    row = text_of(ada.get("/")).split("Net revenue", 1)[1].split("</tr>")[0]
    assert 'title="There is no comparable period before."' in row
    assert "not known, there is no comparable period before" in row


def test_a_popover_tells_the_change_and_gives_the_units_as_a_file(shop: Home, ada: Client) -> None:
    part = text_of(ada.get("/metrics/repeat_purchase/explain/", headers={"HX-Request": "true"}))
    assert "−1.9 pp (95 %, −3.1 to −0.7) in a year; the year before: 45.8 % of 23 502 customers" in part
    assert "Gap: −14.2 pp." in part
    assert 'href="/metrics/repeat_purchase/rows/?as=csv"' in part
    still_open = text_of(ada.get("/metrics/repeat_purchase/explain/?status=open"))
    assert "Open the 68 customers still open" in still_open
    assert 'href="/metrics/repeat_purchase/rows/?status=open&amp;as=csv"' in still_open
    month = text_of(ada.get("/metrics/repeat_purchase/explain/?at=1997-03-31"))
    assert 'href="/metrics/repeat_purchase/rows/?at=1997-03-31&amp;as=csv"' in month


def test_a_popover_of_a_cell_gives_its_customers_as_a_file(shop: Home, ada: Client) -> None:
    part = text_of(ada.get("/cohorts/explain/?cohort=1997-03-01&month=2"))
    assert 'href="/cohorts/rows/?cohort=1997-03-01&amp;month=2&amp;as=csv"' in part


def test_broken_promises_are_shown_with_their_rows_and_as_a_file(shop: Home, rob: Client) -> None:
    page = text_of(rob.get("/sources/"))
    broken = page.split("Every credit line finds the order it gives back.", 1)[0].rsplit("<li", 1)[1]
    assert 'class="st undecided"' in broken
    assert "Broken" in broken
    shown = page.split("Every credit line finds the order it gives back.", 1)[1]
    assert "12 rows" in shown
    assert "R-9" in shown
    assert "Held" in page.split("An order is valued once.", 1)[0].rsplit("<li", 1)[1]
    taken = rob.get("/sources/promises/unmatched_credits/?as=csv")
    assert b"R-9,mug" in b"".join(taken.streaming_content)  # type: ignore[attr-defined]
    assert 'filename="unmatched_credits.csv"' in taken.headers["Content-Disposition"]


def test_the_bar_on_top_is_not_green_while_a_promise_is_broken(
    shop: Home, ada: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    import fakes

    top = text_of(ada.get("/")).split("<header", 1)[1].split("</header>")[0]
    assert "i-circle-check" in top
    monkeypatch.setattr("holdfast.metrics.published.open_published", lambda home: fakes.Published(warnings=2))
    top = text_of(ada.get("/")).split("<header", 1)[1].split("</header>")[0]
    assert "i-circle-check" not in top
    assert "2 warnings" in top
    assert 'href="/sources/#promises"' in top
    assert "#s-undecided" in top  # a shape beside word and colour


def test_rejects_of_one_load_stand_alone(shop: Home, ada: Client) -> None:
    assert "/sources/rejects/?load=1" in text_of(ada.get("/sources/"))
    assert "not a date" in text_of(ada.get("/sources/rejects/?load=1"))
    assert "Every row could be used" in text_of(ada.get("/sources/rejects/?load=2"))


def test_a_customer_is_called_by_the_number_of_the_shop(shop: Home, ada: Client) -> None:
    page = text_of(ada.get("/metrics/repeat_purchase/rows/17/"))
    assert ">Customer C-17 <span" in page
    assert "id 17" in page
    hashed = text_of(ada.get("/metrics/repeat_purchase/rows/18/"))
    assert ">Customer eeeeeeee…" in hashed


def test_a_unit_leads_back_to_where_it_was_opened(shop: Home, ada: Client) -> None:
    listed = text_of(ada.get("/metrics/repeat_purchase/rows/?at=1997-03-31"))
    assert 'href="/metrics/repeat_purchase/rows/17/?at=1997-03-31"' in listed
    assert 'href="/metrics/repeat_purchase/rows/?at=1997-03-31">Customers, Mar 1997' in text_of(
        ada.get("/metrics/repeat_purchase/rows/17/?at=1997-03-31")
    )
    at = "cohort=1997-03-01&amp;month=2"
    assert f'href="/cohorts/rows/17/?{at}"' in text_of(ada.get("/cohorts/rows/?cohort=1997-03-01&month=2"))
    page = text_of(ada.get("/cohorts/rows/17/?cohort=1997-03-01&month=2"))
    crumbs = page.split('aria-label="You are here"')[1].split("</nav>")[0]
    assert f'href="/cohorts/rows/?{at}">First bought Mar 1997, month 2' in crumbs
    assert "Metrics" not in crumbs
    assert ada.get("/cohorts/rows/99999999/?cohort=1997-03-01&month=2").status_code == 404


def test_the_small_cohort_picture_of_a_metric_opens_as_the_large_one(
    shop: Home, ada: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("holdfast.web.views.metric.ABOUT_COMING_BACK", ("repeat_purchase",))
    page = text_of(ada.get("/metrics/repeat_purchase/"))
    assert 'data-opens="cohort-cells"' in page
    assert "/cohorts/explain/?cohort=1997-03-01&amp;month=2" in page


def test_who_forgot_a_password_is_told_the_way_back(home: Home, client: Client) -> None:
    assert "changepassword" in text_of(client.get("/login/"))


def test_a_chosen_shop_reaches_the_numbers(shop: Home, ada: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.add_shop("north", account="acme", zone="Europe/Oslo", currency="NOK")
    shop.add_shop("south", account="acme", zone="Europe/Rome", currency="EUR")
    import fakes

    seen = fakes.Published(shops=shop.shops())
    monkeypatch.setattr("holdfast.metrics.published.open_published", lambda home: seen)
    page = text_of(ada.get("/?scope=shop:south"))
    assert {scope.name for scope in seen.asked} == {"south"}
    assert 'href="/metrics/repeat_purchase/?scope=shop%3Asouth"' in page
    for place in ("", "metrics/", "cohorts/", "recurring/", "support/", "parity/"):
        assert f'href="/{place}?scope=shop%3Asouth" data-key=' in page
    assert 'href="/sources/" data-key=' in page


def test_simulated_data_is_labelled_on_every_page(shop: Home, ada: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    import fakes

    made_up = fakes.Published(simulated=True)
    monkeypatch.setattr("holdfast.metrics.published.open_published", lambda home: made_up)
    for path in ("/", "/cohorts/", "/settings/"):
        assert "Simulated data" in text_of(ada.get(path))


def test_a_real_shop_beside_an_invented_one_is_not_called_simulated(
    shop: Home, ada: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All shops together are partly simulated, in the title of the page too; a file that is taken away says so."""
    shop.add_shop("real", account="real", zone="Europe/Oslo", currency="NOK")
    shop.add_shop("invented", account="invented", zone="Europe/Rome", currency="EUR", simulated=True)
    import fakes

    seen = fakes.Published(shops=tuple(s for s in shop.shops() if s.name in ("real", "invented")))
    monkeypatch.setattr("holdfast.metrics.published.open_published", lambda home: seen)
    for path in ("/?scope=shop:{}", "/metrics/?scope=shop:{}", "/cohorts/?scope=account:{}"):
        real, invented = (text_of(ada.get(path.format(name))) for name in ("real", "invented"))
        assert "imulated" not in real.split("<main")[0]
        assert "<title>Simulated: " in invented
        assert "Simulated data" in invented
    assert "<title>Partly simulated: " in text_of(ada.get("/"))
    assert "Partly simulated data" in text_of(ada.get("/"))
    taken = ada.get("/?scope=shop:invented&as=csv")
    assert taken["Content-Disposition"] == 'attachment; filename="simulated-scorecard.csv"'
    head, *rows = taken.content.decode("utf-8-sig").splitlines()
    assert head.endswith(",simulated")
    assert rows
    assert all(row.endswith(",simulated") for row in rows)
    assert "simulated" not in ada.get("/?scope=shop:real&as=csv").content.decode()


def test_money_behind_a_number_is_written_as_money(shop: Home, ada: Client) -> None:
    """5933 cents of an order in USD."""
    page = text_of(ada.get("/metrics/repeat_purchase/rows/17/"))
    assert "$59.33" in page
    assert "5933" not in page


def test_a_page_reads_the_framework_once_however_many_links_it_has(
    shop: Home, ada: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    import fakes

    read: list[object] = []
    monkeypatch.setattr("holdfast.metrics.framework.load_for", lambda at: read.append(at) or fakes.Framework())
    for path in ("/", "/", "/metrics/repeat_purchase/"):
        ada.get(path)
    assert len(read) == 1
    (shop.path / "framework.toml").write_text("")  # the home's own, changed: read again
    ada.get("/")
    assert len(read) == 2


def test_a_popover_builds_no_second_scorecard(shop: Home, ada: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    import fakes

    built: list[str] = []
    real = fakes.scorecard
    monkeypatch.setattr("holdfast.metrics.scorecard.scorecard", lambda *given: built.append(given[2]) or real(*given))
    for path in ("/", "/metrics/repeat_purchase/explain/", "/metrics/repeat_purchase/"):
        ada.get(path)
    assert len(built) == 1


def test_a_number_longer_than_any_unit_is_not_found(shop: Home, ada: Client) -> None:
    for number in ("9" * 45, "-" + "9" * 45, str(2**63)):
        assert ada.get(f"/metrics/repeat_purchase/rows/{number}/").status_code == 404


@pytest.mark.parametrize("status", ["counted", "open", "all"])
def test_the_rows_leave_as_the_tab_shows_them(shop: Home, ada: Client, status: str) -> None:
    answer = ada.get(f"/metrics/repeat_purchase/rows/?status={status}&as=csv")
    assert b"".join(answer.streaming_content).decode().splitlines()[1] == f"1,{status}"  # type: ignore[attr-defined]
    assert f"status={status}&amp;as=csv" in ada.get(f"/metrics/repeat_purchase/rows/?status={status}").content.decode()


def test_counted_money_is_written_as_money_and_counts_are_not(
    shop: Home, ada: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    import fakes

    shop.add_shop("music", account="music", zone="UTC", currency="USD")
    seen = fakes.Published(shops=shop.shops())
    monkeypatch.setattr("holdfast.metrics.published.open_published", lambda home: seen)
    row = (1, "music", 1, None, None, 5933, 2, "counted")
    monkeypatch.setattr("holdfast.metrics.drill.units", lambda *a, **k: fakes.Page(fakes.UNITS, [row], 1))
    page = text_of(ada.get("/metrics/order_value/rows/"))
    assert "$59.33" in page
    assert ">2<" in page  # a count of orders
    assert "5933" in text_of(ada.get("/metrics/repeat_purchase/rows/"))  # no revenue is counted there


def test_rejected_cells_are_for_administrators(shop: Home, rob: Client) -> None:
    assert rob.get("/sources/rejects/").status_code == 403
    assert "/sources/rejects/" not in rob.get("/sources/").content.decode()


def test_what_is_odd_about_a_target_is_said_beside_it(shop: Home, ada: Client) -> None:
    import fakes

    for path in ("/", "/metrics/repeat_purchase/", "/metrics/repeat_purchase/explain/"):
        assert fakes.NOTE in text_of(ada.get(path))


def test_a_month_and_a_member_open_their_own_units(shop: Home, ada: Client) -> None:
    page = text_of(ada.get("/metrics/repeat_purchase/"))
    assert 'href="/metrics/repeat_purchase/rows/?at=1997-03-31"' in page
    assert 'href="/metrics/repeat_purchase/rows/?by=country&amp;member=Germany"' in page
    explained = text_of(ada.get("/metrics/repeat_purchase/explain/?at=1997-03-31"))
    assert 'href="/metrics/repeat_purchase/rows/?at=1997-03-31"' in explained
    month = text_of(ada.get("/metrics/repeat_purchase/rows/?at=1997-03-31"))
    assert "behind repeat purchase within a year, Mar 1997" in month
    assert "1 to 50 of 120 customers" in month
    assert "?at=1997-03-31&amp;status=counted&amp;page=2" in month
    assert "51 to 80 of 80" in text_of(ada.get("/metrics/repeat_purchase/rows/?by=country&member=Germany&page=2"))


def test_a_part_leaves_as_a_file_of_its_own(shop: Home, ada: Client) -> None:
    for part, which in (("at=1997-03-31", "1997-03-31"), ("by=country&member=Germany", "country=Germany")):
        answer = ada.get(f"/metrics/repeat_purchase/rows/?{part}&status=all&as=csv")
        assert b"".join(answer.streaming_content).decode().splitlines()[1] == f"1,all,{which}"  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "part", ["at=1931-01-31", "by=country&member=Atlantis", "by=planet&member=Mars", "reported=1998-03-31-a1"]
)
def test_a_part_that_is_not_there_is_not_found(shop: Home, ada: Client, part: str) -> None:
    assert ada.get(f"/metrics/repeat_purchase/rows/?{part}").status_code == 404


def test_a_cell_of_the_cohorts_opens_who_bought_and_then_everybody(shop: Home, ada: Client) -> None:
    import fakes

    (cell,) = [c for c in fakes.Published().cohorts() if (str(c.cohort), c.month) == ("1997-03-01", 2)]
    assert "/cohorts/explain/?cohort=1997-03-01&amp;month=2" in text_of(ada.get("/cohorts/"))
    at = "/cohorts/rows/?cohort=1997-03-01&month=2"
    assert 'href="/cohorts/rows/?cohort=1997-03-01&amp;month=2"' in text_of(
        ada.get("/cohorts/explain/?cohort=1997-03-01&month=2")
    )
    page = text_of(ada.get(at))
    assert f"1 to 50 of {cell.active} customers" in page
    assert "bought in May 1997" in page
    assert f"1 to 50 of {cell.customers // 1000} {cell.customers % 1000:03} customers" in text_of(
        ada.get(f"{at}&status=all")
    )
    taken = ada.get(f"{at}&as=csv")
    assert 'filename="cohort-1997-03-month-2.csv"' in taken.headers["Content-Disposition"]
    assert b"1,True" in b"".join(taken.streaming_content)  # type: ignore[attr-defined]
    assert ada.get("/cohorts/rows/?cohort=1931-01-01&month=2").status_code == 404
