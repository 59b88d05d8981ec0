"""What charts draw, measured in the SVG they return."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.web import charts
from holdfast.web.charts.breakdown import Slice
from holdfast.web.charts.cohorts import Cell
from holdfast.web.charts.columns import Column
from holdfast.web.charts.hours import Hours
from holdfast.web.charts.svg import ticks
from holdfast.web.charts.updown import Month
from holdfast.web.charts.waterfall import Step

POINTS = [charts.Point(f"M{i}", 0.4 + i / 100, 0.38 + i / 100, 0.42 + i / 100, 5 if i > 3 else 0) for i in range(6)]


def drawn(svg: str) -> ET.Element:
    return ET.fromstring(svg)


def of(root: ET.Element, kind: str) -> list[ET.Element]:
    return [element for element in root.iter() if kind in (element.get("class") or "").split()]


def every_chart() -> list[str]:
    return [
        charts.spark([0.1, None, 0.3, 0.2], title="a < b", description="d"),
        charts.series(POINTS, title="a < b", description="d", write=str, target=(0.5, None)),
        charts.breakdown([Slice("<b>", "n = 3", 0.2, 0.1, 0.3, "20 %")], title="a < b", description="d", write=str),
        charts.cohorts([Cell("Jan", 10, 1, 4, 0.4)], title="a < b", description="d"),
        charts.gap(-0.2, -0.3, -0.1, status="missed", title="a < b", description="d"),
        charts.waterfall(
            [Step("Opening", 5, "5", whole=True), Step("Left", -2, "−2"), Step("<b>", 3, "3", whole=True)],
            title="a < b",
            description="d",
            write=str,
        ),
        charts.updown([Month("Jan", 3, 1, 1, 2)], title="a < b", description="d", write=str),
        charts.columns([Column("Jan", 3, 4)], title="a < b", description="d", write=str),
        charts.hours([Hours("0–1 h", 3, 4)], title="a < b", description="d", write=str),
        charts.reliability([charts.Tenth(0.2, 0.3, 0.1, 0.5, "<b>")], title="a < b", description="d", write=str),
        charts.meter(0.4, title="a < b", description="d"),
    ]


@pytest.mark.parametrize("svg", every_chart())
def test_every_chart_is_named_described_and_free_of_style(svg: str) -> None:
    root = drawn(svg)
    assert root.get("role") == "img"
    assert [child.tag for child in list(root)[:2]] == ["title", "desc"]
    assert "style=" not in svg
    assert not re.search(r"#[0-9a-f]{3}", svg)


def test_a_month_without_a_reading_is_a_gap_not_a_zero() -> None:
    points = [POINTS[0], charts.Point("M1", None), POINTS[2], POINTS[3]]
    root = drawn(charts.series(points, title="t", description="d", write=str))
    assert len(of(root, "ln")) == 1  # only between the third and the fourth month
    assert len(of(root, "pt")) == 3


def test_open_months_are_dashed() -> None:
    root = drawn(charts.series(POINTS, title="t", description="d", write=str))
    assert len(of(root, "open")) == 4  # two points, and the two lines that lead to them


def test_an_interval_without_an_upper_end_reaches_the_edge_and_leaves_the_axis_as_it_is() -> None:
    """Of a waiting time that so few have ended that nobody knows how long the longest is."""
    known = [charts.Point("Jan", 4.0, 2.0, 9.0), charts.Point("Feb", 5.0, 3.0, 10.0)]
    open_ = [known[0], charts.Point("Feb", 5.0, 3.0, float("inf"))]
    scales = [
        re.findall(r">([\d.]+)<", str(charts.series(p, title="t", description="d", write=str))) for p in (known, open_)
    ]
    assert max(map(float, scales[1])) <= max(map(float, scales[0]))
    band = of(drawn(charts.series(open_, title="t", description="d", write=str)), "interval")[0].get("points") or ""
    assert "inf" not in band and "nan" not in band
    forest = str(
        charts.breakdown([Slice("A", "n = 3", 5.0, 3.0, float("inf"), "5 h")], title="t", description="d", write=str)
    )
    assert "inf" not in forest and "nan" not in forest


def test_an_interval_far_wider_than_the_others_leaves_them_room_and_points_beyond_the_edge() -> None:
    slices = [Slice("A", "", 0.3, 0.06, 0.65, ""), Slice("B", "", 0.2, -0.8, 15.5, "")]
    root = drawn(charts.breakdown(slices, title="t", description="d", write=str, whole=0.0))
    lines = [one.attrib for one in root.iter() if one.tag.endswith("line") and one.get("class") == "ci"]
    first, second = (one for one in lines if one["y1"] == one["y2"])
    width = float(first["x2"]) - float(first["x1"])
    assert width > 60, "of the 494 that there are: drawn to the end of the other it had 17"
    assert float(second["x2"]) == 760 - 30
    slanted = [one for one in lines if one["y1"] != one["y2"] and one["x1"] != one["x2"]]
    assert len(slanted) == 2, "an arrow where it goes on, and a cap wherever it ends"


def test_fewer_than_two_readings_draw_nothing() -> None:
    assert charts.series([POINTS[0]], title="t", description="d", write=str) == ""
    assert charts.spark([0.1, None], title="t", description="d") == ""


def test_an_axis_that_does_not_start_at_zero_says_so() -> None:
    near = [Slice("a", "n = 10", 0.74, 0.72, 0.76, "74 %"), Slice("b", "n = 10", 0.75, 0.73, 0.76, "75 %")]
    far = [Slice("a", "n = 10", 0.1, 0.05, 0.2, "10 %"), Slice("b", "n = 10", 0.75, 0.73, 0.76, "75 %")]
    for slices, cut in ((near, True), (far, False)):
        picture = charts.breakdown(slices, title="t", description="d", write=lambda v: f"{v:.0%}")
        assert ("axis starts at 7" in picture) == cut


def test_a_cohort_month_that_is_not_over_has_no_number() -> None:
    root = drawn(charts.cohorts([Cell("Jan", 10, 1, 4, 0.4), Cell("Jan", 10, 2, 1, None)], title="t", description="d"))
    assert [e.text for e in of(root, "v")] == ["40"]
    assert len(of(root, "open")) == 1


def test_a_gap_to_the_left_means_worse_and_stays_on_the_scale() -> None:
    for relative in (-0.3, -7.0):
        root = drawn(charts.gap(relative, None, None, status="met", title="t", description="d"))
        x = float(of(root, "dot")[0].get("cx") or 0)
        assert 4 <= x < float(root.get("width") or 0) / 2


def test_a_bucket_has_a_column_for_each_clock_and_one_where_no_schedule_applies() -> None:
    both = drawn(charts.hours([Hours("0–1 h", 4, 2)], title="t", description="d", write=str))
    calendar, business = (float(of(both, kind)[-1].get("height", "0")) for kind in ("back", "new"))
    assert calendar == pytest.approx(2 * business)
    alone = drawn(charts.hours([Hours("0–1 h", 4, None)], title="t", description="d", write=str))
    assert of(alone, "new") == []


def test_columns_are_as_high_as_their_counts() -> None:
    root = drawn(charts.columns([Column("Jan", 30, 60)], title="t", description="d", write=str))
    new, back = of(root, "new")[-1], of(root, "back")[-1]
    assert float(back.get("height") or 0) == pytest.approx(2 * float(new.get("height") or 0), rel=0.01)


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6))
def test_ticks_enclose_what_they_mark(low: float, spread: float) -> None:
    marks = ticks(low, low + spread)
    assert marks[0] <= low + 1e-6 * (spread + abs(low))
    assert marks[-1] >= low + spread - 1e-6 * (spread + abs(low))
    assert 2 <= len(marks) <= 9


def boxes(root: ET.Element, kind: str) -> list[tuple[float, float]]:
    """(top, bottom) of the boxes of a kind, in the order drawn."""
    found = of(root, kind)
    return [(float(b.get("y")), float(b.get("y")) + float(b.get("height"))) for b in found]  # type: ignore[arg-type]


def test_each_step_of_a_waterfall_begins_where_the_one_before_ended() -> None:
    steps = [Step("Opening", 100, "100", whole=True), Step("New", 40, "+40"), Step("Left", -90, "−90"),
             Step("Closing", 50, "50", whole=True)]  # fmt: skip
    root = drawn(charts.waterfall(steps, title="t", description="d", write=str))
    (opening, closing), (new,), (lost,) = boxes(root, "whole"), boxes(root, "gain"), boxes(root, "loss")
    assert new[1] == pytest.approx(opening[0], abs=0.11)
    assert lost[0] == pytest.approx(new[0], abs=0.11)
    assert lost[1] == pytest.approx(closing[0], abs=0.11)
    assert opening[1] == closing[1]


def test_a_waterfall_of_small_moves_on_a_large_sum_says_where_its_axis_starts() -> None:
    steps = [Step("Opening", 1000, "", whole=True), Step("New", 20, ""), Step("Closing", 1020, "", whole=True)]
    assert "axis starts at" in charts.waterfall(steps, title="t", description="d", write=str)


def test_what_was_lost_hangs_below_the_line_and_what_came_stands_on_it() -> None:
    root = drawn(charts.updown([Month("Jan", 30, 10, 5, 20)], title="t", description="d", write=str))
    (zero,) = of(root, "zero")
    line = float(zero.get("y1"))  # type: ignore[arg-type]
    tall = {kind: boxes(root, kind)[-1] for kind in ("new", "more", "less", "lost")}
    assert tall["new"][1] == pytest.approx(line, abs=0.11)
    assert tall["more"][1] == pytest.approx(tall["new"][0], abs=0.11)
    assert tall["lost"][0] == pytest.approx(line, abs=0.11)
    assert tall["less"][0] == pytest.approx(tall["lost"][1], abs=0.11)


def test_where_what_was_said_happened_the_dot_lies_on_the_line_both_axes_share() -> None:
    tenths = [charts.Tenth(p, p, p / 2, min(1, p * 1.5), "") for p in (0.1, 0.4)]
    root = drawn(charts.reliability(tenths, title="t", description="d", write=str))
    (line,) = of(root, "zero")
    x1, y1, x2, y2 = (float(line.get(name) or 0) for name in ("x1", "y1", "x2", "y2"))
    for dot in of(root, "pt"):
        along = (float(dot.get("cx") or 0) - x1) / (x2 - x1)
        assert float(dot.get("cy") or 0) == pytest.approx(y1 + along * (y2 - y1), abs=0.2)
    assert len(of(root, "ci")) == 2
    assert charts.reliability([], title="t", description="d", write=str) == ""


def test_a_load_past_what_somebody_can_hold_runs_past_the_mark() -> None:
    full, over = (drawn(charts.meter(share, title="t", description="d")) for share in (1.0, 1.2))
    (mark,), (bar,), (more,) = of(full, "full"), of(full, "fill"), of(over, "over")
    assert float(bar.get("width") or 0) == pytest.approx(float(mark.get("x1") or 0), abs=0.1)
    assert float(more.get("width") or 0) > float(bar.get("width") or 0)


def test_scores_by_two_rules_are_not_joined_and_a_line_stands_between_them() -> None:
    root = drawn(charts.spark([5, 6, 9, 8], title="t", description="d", changed_at=[2]))
    assert [len((run.get("points") or "").split()) for run in of(root, "ln")] == [2, 2]
    assert len(of(root, "rule")) == 1
    assert not of(drawn(charts.spark([5, 6], title="t", description="d")), "rule")
