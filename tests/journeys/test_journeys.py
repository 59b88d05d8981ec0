"""A person's ways through Holdfast, in a real browser."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import fakes
import pytest
from fakes import PASSWORD
from playwright.sync_api import expect
from visit import Visit

from holdfast.accounts.models import Account, Task
from holdfast.warehouse.home import Home
from holdfast.web import deciding, jobs, tokens
from holdfast.web.models import Import

pytestmark = pytest.mark.journey
Open = Callable[..., Visit]
# Rows of which one cell lies on another or spills out of its own, once the words at the right are as long as they can get.
LYING = """() => [...document.querySelectorAll("table.resp tbody tr:not(.grp)")].filter(row => {
  for (const cell of row.querySelectorAll(".c2, .c3")) cell.append(" stated by an association of shops for 30 Sep 2011");
  const cells = [...row.children].filter(cell => cell.offsetParent);
  const boxes = cells.map(cell => cell.getBoundingClientRect());
  return cells.some(cell => cell.scrollWidth > cell.clientWidth + 2) || boxes.some((one, i) => boxes.slice(i + 1).some(other =>
    Math.min(one.right, other.right) - Math.max(one.left, other.left) > 2 &&
    Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top) > 5));
}).map(row => row.innerText.slice(0, 40))"""
PAGES = ("/", "/?tab=unmeasured", "/metrics/", "/metrics/repeat_purchase/", "/metrics/time_to_first/",
         "/metrics/repeat_purchase/explain/", "/metrics/repeat_purchase/rows/", "/metrics/repeat_purchase/rows/17/",
         "/metrics/repeat_purchase/rows/?at=1997-03-31", "/cohorts/rows/?cohort=1997-03-01&month=2",
         "/cohorts/", "/recurring/", "/support/", "/targets/", "/cohorts/rows/17/?cohort=1997-03-01&month=2", "/metrics/order_value/rows/-17/", "/sources/", "/sources/rejects/", "/start/", "/settings/", "/settings/password/", "/metrics/none/", "/work/new/", "/discovery/",
         "/playbooks/", "/playbooks/win-back/", "/playbooks/win-back/start/", "/playbooks/win-back/edit/",
         "/playbooks/win-back/message/words/")  # fmt: skip


def test_somebody_makes_the_first_account_signs_out_and_in_again(visit: Open, home: Home) -> None:
    seen = visit(signed_in=False)
    page = seen.go(f"/welcome/?token={tokens.welcome_token(home)}")
    page.get_by_label("Name").fill("ada")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password again").fill(PASSWORD)
    page.get_by_role("button", name="Make the account").click()
    page.get_by_role("heading", name="Journey scorecard").wait_for()
    page.locator("summary", has_text="Account of ada").click()
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("heading", name="Sign in").wait_for()
    page.get_by_label("Name").fill("ada")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("heading", name="Journey scorecard").wait_for()
    assert seen.complaints == []


def test_a_number_opens_with_the_keyboard_and_gives_the_focus_back(visit: Open) -> None:
    seen = visit()
    page = seen.go("/")
    number = page.get_by_role("link", name="Repeat purchase within 12 months: 45.8")
    number.focus()
    page.keyboard.press("Enter")
    popover = page.locator("#explain:popover-open")
    popover.get_by_role("heading", name="Repeat purchase within a year").wait_for()
    assert number.get_attribute("aria-expanded") == "true"
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "Close"
    box = popover.bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 1440
    assert box["y"] + box["height"] <= 900
    page.keyboard.press("Escape")
    popover.wait_for(state="detached")
    expect(number).to_have_attribute("aria-expanded", "false")  # the browser tells of a closing a moment later
    assert number.evaluate("e => e === document.activeElement")


def test_the_popover_leads_to_the_units_and_to_their_source_rows(visit: Open) -> None:
    page = visit().go("/")
    page.get_by_role("link", name="Repeat purchase within 12 months: 45.8").click()
    page.get_by_role("link", name="Open the 23").click()
    page.get_by_role("link", name="17", exact=True).click()
    page.get_by_role("heading", name="Customer C-17").wait_for()
    page.get_by_role("link", name="Load 2").click()
    page.get_by_role("heading", name="Load 2, music").wait_for()


def test_a_point_of_the_chart_opens_its_month(visit: Open) -> None:
    seen = visit()
    page = seen.go("/metrics/repeat_purchase/")
    page.locator("[data-opens=months] .pt").nth(2).click()
    popover = page.locator("#explain:popover-open")
    popover.get_by_role("heading", name="Repeat purchase within a year, Mar 1997").wait_for()
    popover.get_by_role("link", name="Open the").click()
    page.get_by_role("heading", name="behind repeat purchase within a year, Mar 1997").wait_for()
    page.get_by_text("1 to 50 of 120 customers").wait_for()
    assert seen.complaints == []


def test_a_row_of_the_breakdown_opens_its_member(visit: Open) -> None:
    page = visit().go("/metrics/repeat_purchase/")
    page.locator("[data-opens=members-country] .pt").nth(1).click()
    page.locator("#explain:popover-open").get_by_role("heading", name="country Germany").wait_for()


def test_a_cell_of_the_cohorts_opens_from_the_picture_and_from_the_table(visit: Open) -> None:
    page = visit().go("/cohorts/")
    page.locator(".heat g:not(.open)").nth(1).click()
    popover = page.locator("#explain:popover-open")
    popover.get_by_role("heading", name="First bought Jan 1997, month 2").wait_for()
    page.keyboard.press("Escape")
    page.locator("summary", has_text="every number opens").click()
    number = page.locator("#cohort-cells tbody tr").nth(1).locator("a.numb").nth(2)
    number.focus()
    page.keyboard.press("Enter")
    popover.get_by_role("heading", name="First bought Feb 1997, month 3").wait_for()
    assert number.get_attribute("aria-expanded") == "true"
    popover.get_by_role("link", name="Open the").click()
    page.get_by_role("heading", name="Customers who first bought in Feb 1997, month 3").wait_for()


def test_the_palette_finds_a_metric_and_opens_it(visit: Open) -> None:
    page = visit().go("/")
    page.keyboard.press("Control+k")
    page.locator("#palette [role=option]").first.wait_for()
    page.keyboard.type("refunded")
    assert page.locator("#palette [role=option]:visible").count() == 1
    page.keyboard.press("Enter")
    page.wait_for_url("**/metrics/refund_rate/")


def test_the_palette_closes_on_escape_and_gives_the_focus_back(visit: Open) -> None:
    page = visit().go("/")
    opener = page.get_by_role("link", name="Search accounts, metrics, actions")
    opener.click()
    page.locator("#palette[open]").wait_for()
    page.keyboard.type("nothing like it")
    page.get_by_text("Nothing matches.").wait_for()
    page.keyboard.press("Escape")
    assert opener.evaluate("e => e === document.activeElement")


def test_letters_move_between_pages_until_they_are_switched_off(visit: Open) -> None:
    page = visit().go("/")
    page.keyboard.press("g")
    page.keyboard.press("c")
    page.wait_for_url("**/cohorts/")
    page.goto(page.url.replace("/cohorts/", "/settings/"))
    page.get_by_label("Single-letter shortcuts").uncheck()
    page.get_by_role("button", name="Save").click()
    page.get_by_text("Saved.").wait_for()
    page.keyboard.press("g")
    page.keyboard.press("c")
    page.keyboard.press("/")
    page.wait_for_timeout(300)
    assert page.url.endswith("/settings/")
    assert not page.locator("#palette[open]").count()


def test_the_queue_of_today_is_worked_through_with_the_keyboard(visit: Open) -> None:
    seen = visit()
    kelp = Account.objects.create(name="Kelp")
    for days, what in ((3, "Call"), (2, "Write"), (1, "Visit")):
        Task.objects.create(account=kelp, what=what, due=deciding.today() - timedelta(days=days))
    page = seen.go("/today/?whose=all")
    lead = page.locator("#detail .lead")
    page.keyboard.press("j")
    page.locator("#detail .lead", has_text="Write").wait_for()
    page.keyboard.press("k")
    page.locator("#detail .lead", has_text="Call").wait_for()
    page.keyboard.press("e")
    page.get_by_text("Done.", exact=True).wait_for()
    assert (lead.inner_text(), Task.objects.get(what="Call").done_at is not None) == ("Write", True)
    page.keyboard.press("s")
    page.get_by_text("Out of your sight until").wait_for()
    assert lead.inner_text() == "Visit"
    page.keyboard.press("?")
    page.get_by_role("dialog", name="Keys").wait_for()
    assert seen.axe() == []
    page.keyboard.press("e")  # not while the list of keys is in front
    page.keyboard.press("Escape")
    page.keyboard.press("o")
    page.wait_for_url(f"**/accounts/{kelp.pk}/")
    assert Task.objects.get(what="Visit").done_at is None
    assert seen.complaints == []


def test_the_theme_changes_at_once_and_is_remembered(visit: Open) -> None:
    page = visit().go("/")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(246, 245, 241)"
    with page.expect_response("**/settings/theme/"):
        page.get_by_role("button", name="Dark theme").click()
    page.reload()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(15, 19, 22)"
    assert page.get_by_role("button", name="Dark theme").get_attribute("aria-pressed") == "true"


def test_no_page_scrolls_sideways_asks_anybody_else_or_has_the_browser_complain(visit: Open) -> None:
    """In one walk: most of the time goes into opening pages."""
    seen = visit(width=320, height=844)
    for path in PAGES:
        seen.asked.clear()
        seen.complaints.clear()
        page = seen.go(path)
        for width in (320, 390, 768, 1440):
            page.set_viewport_size({"width": width, "height": 844})
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (path, width)
        page.set_viewport_size({"width": 320, "height": 844})
        page.wait_for_timeout(100)  # for what a page asks once it is there
        assert seen.asked, path
        assert all(address.startswith(seen.at) for address in seen.asked), path
        expected = ["404"] if path == "/metrics/none/" else []
        assert [said for said in seen.complaints if not any(word in said for word in expected)] == [], path


def test_the_whole_scorecard_is_seen_at_once_on_a_laptop(visit: Open) -> None:
    page = visit(width=1440).go("/")
    assert page.locator(".tw").first.evaluate("e => e.scrollWidth - e.clientWidth") <= 0
    heights = page.evaluate("[...document.querySelectorAll('table.resp tbody tr:not(.grp)')].map(r => r.offsetHeight)")
    assert max(heights) <= 41, heights  # a line each


def test_on_a_phone_no_cell_of_a_row_lies_on_another_however_long_its_words(visit: Open) -> None:
    seen = visit(width=390, height=844)
    for path in ("/", "/metrics/"):
        assert seen.go(path).evaluate(LYING) == []


def test_a_phone_shows_target_gap_trend_counted_and_still_open(visit: Open) -> None:
    page = visit(width=390, height=844).go("/")
    row = page.locator("table.resp tbody tr", has_text="Repeat purchase within 12 months")
    for words in ("Target 60 to 80", "−14.2", "Counted 23", "Still open 68", "−3.1 to −0.7", "45.2 to 46.4"):
        assert words in row.inner_text().replace("\u00a0", " ").replace("\n", " ").replace("  ", " "), words
    for chart in (".gp", ".sp"):
        assert row.locator(chart).is_visible()
    boxes = [cell.bounding_box() for cell in row.locator("td").all() if cell.is_visible()]
    assert all(box and box["x"] >= 0 and box["x"] + box["width"] <= 390 for box in boxes)
    assert row.evaluate("r => r.offsetHeight") <= 150


def test_a_missing_number_says_why_on_focus_and_escape_puts_it_away(visit: Open) -> None:
    page = visit().go("/")
    row = page.locator("tr", has_text="Net revenue")
    dash = row.get_by_role("link", name="Change of Net revenue: not known, there is no comparable period before")
    dash.focus()
    told = page.locator(".tip:popover-open")
    assert told.inner_text() == "There is no comparable period before."
    page.keyboard.press("Escape")
    assert not told.count()
    dash.hover()
    told.wait_for()
    dash.click()
    page.locator("#explain:popover-open").get_by_text("Not known: there is no comparable period before.").wait_for()


def test_a_note_on_a_target_opens_without_moving_the_table(visit: Open) -> None:
    for script in (True, False):
        page = visit(script=script).go("/")
        before = page.locator("table.resp").evaluate("t => t.offsetHeight") if script else None
        page.get_by_role("button", name="Note on Repeat purchase").click()
        page.get_by_text(fakes.NOTE).wait_for()
        if script:
            assert page.locator("table.resp").evaluate("t => t.offsetHeight") == before


def test_a_cell_of_the_small_cohort_picture_opens(visit: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("holdfast.web.views.metric.ABOUT_COMING_BACK", ("repeat_purchase",))
    page = visit().go("/metrics/repeat_purchase/")
    page.locator(".heat g:not(.open)").nth(1).click()
    page.locator("#explain:popover-open").get_by_role("heading", name="First bought Jan 1997, month 2").wait_for()


def test_the_units_leave_as_csv_from_the_popover_in_one_click(visit: Open) -> None:
    page = visit().go("/")
    page.get_by_role("link", name="Repeat purchase within 12 months, still open: 68").click()
    with page.expect_download() as waiting:
        page.locator("#explain:popover-open").get_by_role("link", name="CSV").click()
    assert waiting.value.suggested_filename == "repeat_purchase.csv"


@pytest.mark.slow
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("width", "height"), [(1440, 900), (390, 844)])
def test_axe_finds_nothing(visit: Open, theme: str, width: int, height: int) -> None:
    seen = visit(width=width, height=height, theme=theme)
    found = {}
    for path in PAGES:
        page = seen.go(path)
        page.evaluate("document.querySelectorAll('details.more').forEach(d => d.open = true)")
        found[path] = seen.axe()
    page = seen.go("/")
    page.get_by_role("link", name="Repeat purchase within 12 months: 45.8").click()
    page.locator("#explain:popover-open h2").wait_for()
    found["popover"] = seen.axe()
    page.keyboard.press("Escape")
    page.keyboard.press("Control+k")
    page.locator("#palette [role=option]").first.wait_for()
    found["palette"] = seen.axe()
    door = visit(width=width, height=height, theme=theme, signed_in=False)
    door.go("/login/")
    found["login"] = door.axe()
    told = [f"{where}: {what}" for where, all_of_it in found.items() for what in all_of_it]
    assert not told, "\n".join(told)


def test_the_axe_gate_can_fail(visit: Open) -> None:
    seen = visit()
    seen.go("/").evaluate("document.querySelector('h1').innerHTML = '<img src=\"/static/web/mark.svg\">'")
    assert any(said.startswith("image-alt") for said in seen.axe())


def test_every_text_of_a_chart_stands_out_from_what_is_behind_it(visit: Open) -> None:
    """axe does not judge text in SVG: at least 4.5 to 1 in the cells of the cohort picture, in both themes."""
    ratio = """() => {
      const parse = c => { const m = c.match(/[\\d.]+/g).map(Number); return c.startsWith('color(') ? m.slice(0, 3).map(v => v * 255) : m };
      const light = c => { const [r, g, b] = parse(c).map(v => v / 255).map(v => v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
                           return .2126 * r + .7152 * g + .0722 * b };
      return Math.min(...[...document.querySelectorAll('.heat g')].filter(g => g.querySelector('.v')).map(g => {
        const a = light(getComputedStyle(g.querySelector('rect')).fill), b = light(getComputedStyle(g.querySelector('.v')).fill);
        return (Math.max(a, b) + .05) / (Math.min(a, b) + .05) }));
    }"""
    for theme in ("light", "dark"):
        assert visit(theme=theme).go("/cohorts/").evaluate(ratio) >= 4.5, theme


def test_status_never_speaks_by_colour_alone(visit: Open) -> None:
    page = visit().go("/")
    shapes = page.evaluate(
        "[...document.querySelectorAll('tbody .st')].map(s => s.textContent.trim() + s.querySelector('use').getAttribute('href').split('#')[1])"
    )
    assert shapes
    by_word = {shape.split("s-")[0]: shape for shape in shapes}
    assert len(set(by_word.values())) == len(by_word)


def test_wider_text_spacing_hides_nothing(visit: Open) -> None:
    """WCAG 1.4.12, on the page with the densest table."""
    seen = visit(width=390, height=844)
    page = seen.go("/")
    page.evaluate("""() => { const sheet = new CSSStyleSheet();
      sheet.replaceSync('* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important }');
      document.adoptedStyleSheets = [sheet] }""")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_it_works_without_javascript(visit: Open) -> None:
    page = visit(script=False).go("/")
    page.get_by_role("link", name="Repeat purchase within 12 months: 45.8").click()
    page.get_by_role("heading", name="What stands behind this number").wait_for()
    page.get_by_role("link", name="Open the 23").click()
    page.get_by_role("link", name="Next").click()
    page.get_by_text("51 to 100 of").wait_for()
    page.get_by_role("button", name="Dark theme").click()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    page.get_by_role("link", name="Scorecard").first.click()
    page.get_by_label("Segment").select_option("subscription")
    page.get_by_role("button", name="Apply").click()
    page.wait_for_url("**segment=subscription*")


def test_somebody_brings_in_a_file_and_watches_it_to_the_scorecard(
    visit: Open, home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("holdfast.metrics.published.open_published", lambda home: None)
    orders = tmp_path / "orders.csv"
    orders.write_text("id,date,dollars\n1,1997-01-01,29.33\n")
    seen = visit()
    page = seen.go("/")
    page.get_by_label("Upload").set_input_files(orders)
    page.get_by_role("button", name="Look at them").click()
    page.get_by_role("heading", name="What Holdfast makes of your files").wait_for()
    page.get_by_label("Name").fill("music")
    page.get_by_label("Time zone").fill("America/New_York")
    page.get_by_label("Currency").fill("USD")
    page.get_by_role("button", name="Import and build").click()
    page.get_by_text("Waiting for the worker").wait_for()
    page.reload()
    jobs.run_import.call(str(Import.objects.get().pk))
    monkeypatch.setattr("holdfast.metrics.published.open_published", lambda home: fakes.Published())
    page.get_by_role("link", name="Open the scorecard").click()
    page.get_by_role("heading", name="Journey scorecard").wait_for()
    assert [shop.name for shop in home.shops()] == ["music"]
    assert seen.complaints == []


@pytest.mark.parametrize("width", [390, 1440])
def test_somebody_edits_how_the_files_are_read_with_the_keyboard(
    visit: Open, home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    monkeypatch.setattr("holdfast.metrics.published.open_published", lambda home: None)
    orders = tmp_path / "orders.csv"
    orders.write_text("id,date,dollars\n1,1997-01-01,29.33\n")
    seen = visit(width=width, height=844)
    page = seen.go("/start/")
    page.get_by_label("Upload").set_input_files(orders)
    page.get_by_role("button", name="Look at them").click()
    summary = page.locator("summary", has_text="Edit how the files are read")
    summary.focus()
    page.keyboard.press("Enter")
    text = page.get_by_label("Mapping", exact=True)
    was = text.input_value()
    text.fill(was.replace("[orders]", "[ordrs]"))
    page.get_by_role("button", name="Read them so").click()
    page.get_by_role("alert").get_by_text("did you mean 'orders'?").wait_for()
    assert page.evaluate("document.activeElement.id") == "toml"
    assert text.get_attribute("aria-describedby") == "toml-bad toml-hint"
    assert "[ordrs]" in text.input_value()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert seen.axe() == []
    text.fill(was)
    page.get_by_role("button", name="Read them so").click()
    page.get_by_role("button", name="Back to the guess").wait_for()
    assert [said for said in seen.complaints if "422" not in said] == []


def test_a_table_leaves_as_a_file_in_two_clicks(visit: Open) -> None:
    page = visit().go("/cohorts/")
    page.locator("summary", has_text="Export").click()
    with page.expect_download() as waiting:
        page.get_by_role("link", name="Excel workbook").click()
    assert waiting.value.suggested_filename == "cohorts.xlsx"
