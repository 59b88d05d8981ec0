"""Charts as pure functions: values in, SVG out. Colour comes only from CSS classes, so one SVG serves both themes."""

from holdfast.web.charts.bars import bars
from holdfast.web.charts.breakdown import breakdown
from holdfast.web.charts.cohorts import cohorts
from holdfast.web.charts.columns import columns
from holdfast.web.charts.concentration import concentration
from holdfast.web.charts.funnel import funnel
from holdfast.web.charts.gap import gap
from holdfast.web.charts.hours import hours
from holdfast.web.charts.matrix import matrix
from holdfast.web.charts.meter import meter
from holdfast.web.charts.people import Placed, people
from holdfast.web.charts.reliability import Tenth, reliability
from holdfast.web.charts.series import Point, series
from holdfast.web.charts.spark import spark
from holdfast.web.charts.updown import updown
from holdfast.web.charts.waterfall import waterfall

__all__ = [
    "Placed",
    "Point",
    "Tenth",
    "bars",
    "breakdown",
    "cohorts",
    "columns",
    "concentration",
    "funnel",
    "gap",
    "hours",
    "matrix",
    "meter",
    "people",
    "reliability",
    "series",
    "spark",
    "updown",
    "waterfall",
]
