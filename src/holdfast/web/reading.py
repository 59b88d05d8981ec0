"""What pages may read. The one place between the web and the layers below it; nothing here computes a metric."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

from django.conf import settings

from holdfast.commerce.currency import minor_digits
from holdfast.commerce.unknown import Unknown
from holdfast.metrics.declare import Metric
from holdfast.metrics.values import Change, CohortCell, PhaseCell, Scope, Value
from holdfast.warehouse.home import Home, HomeProblem, Shop

if TYPE_CHECKING:
    from holdfast.metrics.framework import Framework
    from holdfast.metrics.networks import Threshold
    from holdfast.metrics.parity import Parity
    from holdfast.metrics.parityterms import Term
    from holdfast.metrics.phaserows import Which
    from holdfast.metrics.promises import Promise
    from holdfast.metrics.published import Published
    from holdfast.metrics.recurringmonths import Bridge, LedgerMonth
    from holdfast.metrics.scorecard import Line, Scorecard
    from holdfast.metrics.standing import Standing
    from holdfast.metrics.unit import Unit
    from holdfast.metrics.weeks import WeekChange
    from holdfast.metrics.worked import Worked
    from holdfast.warehouse.receipts import Page, Receipt

Status = Literal["counted", "open", "all"]
Format = Literal["csv", "parquet", "xlsx"]
STATUSES: tuple[Status, ...] = get_args(Status)
CARDS_KEPT = 64
_cards: dict[tuple[Home, tuple[str, int, int], tuple[int, ...], tuple[int, ...], Scope, str | None], Scorecard] = {}
_weeks: dict[tuple[Home, str, tuple[int, ...], Scope, str], tuple[WeekChange, ...]] = {}
_cohorts: dict[tuple[Home, tuple[str, int, int], tuple[int, ...], Scope], tuple[CohortCell, ...]] = {}
_parts: dict[
    tuple[Home, tuple[str, int, int], frozenset[str]], Published | None
] = {}  # what some may see of a snapshot
_promises: dict[tuple[Home, str], tuple[Promise, ...]] = {}


def home() -> Home:
    found: Home = settings.HOME
    return found


Seen = frozenset[str] | None  # the accounts whose shops whoever asks may see; None: all of them
# A door says it before anything is read.
_seen: ContextVar[Callable[[], Seen]] = ContextVar("seen", default=lambda: None)
Sees = Callable[[Collection[int]], bool]  # whether whoever asks sees all these accounts; of none, all that there are
_sees: ContextVar[Sees] = ContextVar("sees", default=lambda keys: True)


@contextmanager
def seeing(find: Callable[[], Seen], accounts: Sees = lambda keys: True) -> Iterator[None]:
    """What is read within is for somebody who may see what `find` gives: asked once, where anything is read."""
    before, other = _seen.set(cache(find)), _sees.set(accounts)
    try:
        yield
    finally:
        _seen.reset(before)
        _sees.reset(other)


def sees_accounts(keys: Collection[int]) -> bool:
    return _sees.get()(keys)


def sees_all() -> bool:
    return _seen.get()() is None


def shops() -> tuple[Shop, ...]:
    seen = _seen.get()()
    try:
        return tuple(shop for shop in home().shops() if seen is None or shop.account in seen)
    except HomeProblem:
        return ()


def currency_of(facts_name: str) -> str | None:
    """Of an account, by its name in the facts, for whoever may see the account; None where its shops have several."""
    try:
        found = {shop.currency for shop in home().shops() if shop.account == facts_name}
    except HomeProblem:
        return None
    return found.pop() if len(found) == 1 else None


def published() -> Published | None:
    """What the last build published of the shops that may be seen; None when there is nothing of them."""
    from holdfast.metrics.published import open_published

    source = open_published(home())
    if source is None or (seen := _seen.get()()) is None:
        return source
    key = (home(), source.state, seen)
    if key not in _parts:
        if len(_parts) >= CARDS_KEPT:
            _parts.clear()
        _parts[key] = source.only(seen)
    return _parts[key]


def metrics() -> dict[str, Metric]:
    from holdfast.metrics.registry import METRICS

    return METRICS


def worked(metric_id: str) -> Worked | None:
    """The metric's example worked by hand."""
    from holdfast.metrics.worked import every_worked

    return every_worked().get(metric_id)


def segments() -> dict[str, str]:
    """The framework's segments, id → name; the first is what a page shows when nobody chose."""
    return {segment.id: segment.name for segment in _framework(home(), framework_stamp()).segments}


def framework_stamp() -> int:
    """Changes when the home's own framework does; 0 while the built-in one holds."""
    from holdfast.metrics.framework import OWN_COPY

    try:
        return (home().path / OWN_COPY).stat().st_mtime_ns
    except OSError:
        return 0


@lru_cache(maxsize=8)
def _framework(at: Home, stamp: int) -> Framework:
    """Reading the file takes longer than all the rest of a page."""
    from holdfast.metrics.framework import load_for

    return load_for(at.path)


def scopes(source: Published | None) -> tuple[Scope, ...]:
    """Every scope a person may choose, the widest first. A single shop or account needs no scope of its own, and an
    account of one shop none beside the shop's.

    Only shops that the build has seen: one declared since then has no values yet. All shops together are no scope of
    somebody who may not see all of them.
    """
    declared = source.shops if source is not None else ()
    shops_in = Counter(shop.account for shop in declared)
    part = source is not None and source.part
    several = sorted(name for name, n in shops_in.items() if n > 1) if len(shops_in) > 1 or part else []
    return (
        *([] if part else [Scope()]),
        *(Scope("account", name) for name in several),
        *(Scope("shop", shop.name) for shop in declared if len(declared) > 1 or part),
    )


def shops_asked(text: str) -> tuple[Shop, ...]:
    """The shops of a scope as an address names it; all where it names none, or none that there is."""
    source = published()
    if source is None:
        return shops()
    try:
        return source.shops_of(scope_of(source, text))
    except LookupError:
        return source.shops


def scope_of(source: Published | None, text: str) -> Scope:
    """ "shop:uk" → Scope("shop", "uk"); empty: everything, or the first that may be seen.

    Raises LookupError for what is no scope of the build.
    """
    if not text:
        return next(iter(scopes(source)), Scope())
    kind, _, name = text.partition(":")
    chosen = next((scope for scope in scopes(source) if scope.kind == kind and scope.name == name), None)
    if chosen is not None:
        return chosen
    declared = source.shops if source is not None else ()
    of_account = [shop for shop in declared if kind == "account" and shop.account == name]
    part = source is not None and source.part
    if len(of_account) == 1 and (len(declared) > 1 or part):
        return Scope("shop", of_account[0].name)  # an account of one shop is that shop
    if not part and name in {
        "shop": {shop.name for shop in declared},
        "account": {shop.account for shop in declared},
    }.get(kind, ()):
        return Scope()  # the only one there is
    raise LookupError(text)


def scope_of_account(source: Published, facts_name: str) -> Scope | None:
    """Of an account by its name in the facts; None where the data say nothing of it that may be seen."""
    if not facts_name:
        return None
    try:
        return scope_of(source, f"account:{facts_name}")
    except LookupError:
        return None


def scope_text(scope: Scope) -> str:
    return "" if scope.kind == "all" else f"{scope.kind}:{scope.name}"


def value(source: Published, metric_id: str, scope: Scope) -> Value:
    """The headline; unknown for a metric that the build did not know yet."""
    return source.value(metric_id, scope)


def scorecard(source: Published, scope: Scope, segment: str) -> Scorecard:
    """Built once for each snapshot and choice: what was published does not change."""
    from holdfast.metrics.scorecard import scorecard as build

    asked = None if segment == default_segment(source, scope) else segment
    key = (home(), source.state, _shop_ids(source), _stamp(), scope, asked)
    card = _cards.get(key)
    if card is None:
        card = build(source, scope, asked)
        if len(_cards) >= CARDS_KEPT:
            _cards.clear()
        _cards[key] = card
    return card


def _shop_ids(source: Published) -> tuple[int, ...]:
    """Two people may see different shops of one snapshot."""
    return tuple(shop.shop_id for shop in source.shops)


def default_segment(source: Published | None, scope: Scope) -> str:
    """The one kept for the accounts of a scope; the framework's first while nobody chose; empty where they differ."""
    kept = {standing(source).merchant.segment_of(account) for account in accounts_of(source, scope)}
    known = segments()
    if len(kept) > 1:
        return ""
    return next((segment for segment in kept if segment in known), next(iter(known), ""))


def accounts_of(source: Published | None, scope: Scope) -> tuple[str, ...]:
    return tuple(dict.fromkeys(shop.account for shop in scope.of(source.shops if source is not None else ())))


def standing(source: Published | None) -> Standing:
    """The targets that hold on the day of the data, or today where there are none."""
    day = source.as_of if source is not None else datetime.now(UTC).date()
    return _standing(home().path, _stamp(), day)


@lru_cache(maxsize=16)
def _standing(at: Path, stamp: tuple[int, ...], day: date) -> Standing:
    from holdfast.metrics.standing import standing

    return standing(at, day)


def _stamp() -> tuple[int, ...]:
    from holdfast.metrics.standing import stamp

    return stamp(home().path)


def weeks(source: Published, metric_id: str, scope: Scope) -> tuple[WeekChange, ...]:
    """The newest weeks against those of the year before; worked out once for each snapshot and calendar."""
    from holdfast.metrics import weeks

    key = (home(), source.snapshot, _stamp(), scope, metric_id)
    if key not in _weeks:
        if len(_weeks) >= CARDS_KEPT * 16:
            _weeks.clear()
        _weeks[key] = weeks.weeks(source, metric_id, scope)
    return _weeks[key]


def line_of(source: Published, metric_id: str, scope: Scope, segment: str) -> Line | None:
    """The scorecard line that judges a metric, when one does."""
    lines = (line for group in scorecard(source, scope, segment).groups for line in group.lines)
    return next((line for line in lines if line.metric is not None and line.metric.id == metric_id), None)


@dataclass(frozen=True, slots=True)
class MetricPage:
    """Everything a metric's page shows."""

    metric: Metric
    value: Value
    change: Change | Unknown
    series: tuple[Value, ...]
    reported: tuple[Value, ...]
    breakdowns: dict[str, tuple[Value, ...]]
    line: Line | None
    sql: str
    panel: tuple[tuple[Metric, Value], ...] = ()  # the measures that stand for this one
    beside: tuple[tuple[Metric, Value], ...] = ()  # those without which it misleads
    terms: tuple[Term, ...] = ()  # words of which this is one meaning
    thresholds: tuple[Threshold, ...] = ()  # from when on a card network looks more closely


def metric_page(source: Published, metric: Metric, scope: Scope, segment: str) -> MetricPage:
    by = source.dimensions(metric.id)
    return MetricPage(
        metric=metric,
        value=value(source, metric.id, scope),
        change=source.previous(metric.id, scope),
        series=tuple(source.series(metric.id, scope)),
        reported=tuple(source.reported(metric.id, scope)),
        breakdowns={name: tuple(source.breakdown(metric.id, name, scope)) for name in by},
        line=line_of(source, metric.id, scope, segment),
        sql=sql(metric.id, source),
        panel=_those(metric.panel, source, scope),
        beside=_those(metric.beside, source, scope),
        terms=_terms_of(metric.id),
        thresholds=thresholds(metric.id, source.as_of),
    )


def _those(numbers: tuple[str, ...], source: Published, scope: Scope) -> tuple[tuple[Metric, Value], ...]:
    return tuple((m, value(source, m.id, scope)) for m in metrics().values() if m.number in numbers)


def _terms_of(metric_id: str) -> tuple[Term, ...]:
    from holdfast.metrics.parityterms import terms_of

    return terms_of(metric_id)


def thresholds(metric_id: str, on: date) -> tuple[Threshold, ...]:
    from holdfast.metrics import networks

    return networks.thresholds(home().path, metric_id, on)


def sql(metric_id: str, source: Published) -> str:
    return _sql(home(), metric_id, source.snapshot, source.as_of)


@lru_cache(maxsize=256)
def _sql(at: Home, metric_id: str, snapshot: str, as_of: date) -> str:
    """Compiling takes a good part of a second and gives the same text for the same snapshot."""
    from holdfast.metrics import drill

    return drill.sql(at, metric_id, as_of)


def units(
    metric_id: str, scope: Scope, *, limit: int, offset: int, status: Status, month: str | None,
    member: tuple[str, str] | None,
) -> Page:  # fmt: skip
    from holdfast.metrics import drill

    return drill.units(home(), metric_id, scope, limit=limit, offset=offset, status=status, month=month, member=member)


def unit(metric_id: str, unit_id: int, scope: Scope) -> Unit:
    """Raises LookupError for what the metric does not count. Below 0: an unknown buyer's order."""
    from holdfast.metrics import unit

    return unit.find_unit(home(), metric_id, unit_id, scope)


def buyer(customer_id: int, scope: Scope) -> Unit:
    """Somebody of a cohort. Raises LookupError for who never bought."""
    from holdfast.metrics import unit

    return unit.find_buyer(home(), customer_id, scope)


def source_rows(metric_id: str | None, unit_id: int) -> dict[str, Page]:
    """The rows a unit was counted from; without a metric a customer's.

    Raises LookupError for what unknown people gave back, where rows of shops that may not be seen stand among it.
    """
    if unit_id == 0 and not sees_all():
        raise LookupError("these rows are of every shop")
    from holdfast.metrics import drill, sourcerows

    return (
        sourcerows.rows_behind(home(), unit_id) if metric_id is None else drill.source_rows(home(), metric_id, unit_id)
    )


def export_units(
    metric_id: str, scope: Scope, path: Path, file_format: Format, status: Status, month: str | None,
    member: tuple[str, str] | None,
) -> int:  # fmt: skip
    from holdfast.metrics import drill

    return drill.export_units(home(), metric_id, scope, path, file_format, status=status, month=month, member=member)


def cohort_units(scope: Scope, cell: CohortCell, *, limit: int, offset: int, bought: bool) -> Page:
    from holdfast.metrics import drill

    return drill.cohort_units(home(), scope, cell.cohort, cell.month, limit=limit, offset=offset, bought=bought)


def export_cohort(scope: Scope, cell: CohortCell, path: Path, file_format: Format, bought: bool) -> int:
    from holdfast.metrics import drill

    return drill.export_cohort(home(), scope, cell.cohort, cell.month, path, file_format, bought=bought)


def cohorts(source: Published, scope: Scope) -> tuple[CohortCell, ...]:
    """Read once for each snapshot and scope, as the scorecard is."""
    key = (home(), source.state, _shop_ids(source), scope)
    cells = _cohorts.get(key)
    if cells is None:
        cells = tuple(source.cohorts(scope))
        if len(_cohorts) >= CARDS_KEPT:
            _cohorts.clear()
        _cohorts[key] = cells
    return cells


def phases(source: Published, scope: Scope) -> tuple[PhaseCell, ...]:
    return source.phases(scope)


def phase_units(scope: Scope, cell: PhaseCell, which: Which, *, limit: int, offset: int) -> Page:
    from holdfast.metrics import phaserows

    return phaserows.phase_units(home(), scope, cell.from_day, cell.cohort, which, limit=limit, offset=offset)


def export_phase(scope: Scope, cell: PhaseCell, which: Which, path: Path, file_format: Format) -> int:
    from holdfast.metrics import phaserows

    return phaserows.export_phase(home(), scope, cell.from_day, cell.cohort, which, path, file_format)


def recurring_months(source: Published, scope: Scope) -> tuple[LedgerMonth, ...] | Unknown:
    """Movements of recurring revenue, month by month, oldest first."""
    from holdfast.metrics import recurringmonths

    return recurringmonths.waterfall(source, scope)


def kept_apart(months: tuple[LedgerMonth, ...] | Unknown) -> bool:
    """Whether there are movements, but of shops whose currencies are not added."""
    from holdfast.metrics import recurringmonths

    return isinstance(months, Unknown) and months != recurringmonths.NO_SUBSCRIPTIONS


def bridges(source: Published, scope: Scope) -> tuple[Bridge, ...] | Unknown:
    """What became of the customers of twelve months before, for each month that is over."""
    from holdfast.metrics import recurringmonths

    return recurringmonths.bridges(source, scope)


def movement_names() -> dict[str, str]:
    from holdfast.metrics.recurringmonths import NAMES

    return NAMES


def ledger_table(months: tuple[LedgerMonth, ...]) -> Sequence[Sequence[object]]:
    from holdfast.metrics import recurringmonths

    return recurringmonths.ledger_table(months)


def bridge_table(found: tuple[Bridge, ...]) -> Sequence[Sequence[object]]:
    from holdfast.metrics import recurringmonths

    return recurringmonths.bridge_table(found)


def parity_terms() -> dict[str, Term]:
    """Words that several tools use for different numbers, by their ids."""
    from holdfast.metrics.parityterms import TERMS

    return TERMS


def parity(source: Published, term: Term, scope: Scope) -> Parity:
    from holdfast.metrics import parity

    return parity.parity(source, term, scope)


def all_parity(source: Published, scope: Scope) -> tuple[Parity, ...]:
    from holdfast.metrics import parity

    return parity.all_parity(source, scope)


def keep_shown(term: Term, scope: Scope, definition: str, value: str, on: date, source: str, by: str) -> str:
    """Keep a number that a tool shows; what is wrong with it, in a sentence, else nothing."""
    from holdfast.metrics.shown import NotANumber, Shown, keep_shown, parsed

    try:
        number = parsed(value, share=metrics()[term.default].scale == "share")
    except NotANumber as problem:
        return f"{str(problem)[:1].upper()}{str(problem)[1:]}."
    keep_shown(home(), Shown(term.id, definition, scope, number, on, source, by, datetime.now(UTC)))
    return ""


def yearly_factor(monthly: float) -> float:
    from holdfast.metrics import yearly

    return yearly.yearly_factor(monthly)


def kept_in_a_year(monthly: float) -> float:
    from holdfast.metrics import yearly

    return yearly.kept_in_a_year(monthly)


def receipts() -> list[Receipt]:
    """Loads of the shops that may be seen, the newest first; none when there is no home yet."""
    from holdfast.warehouse import receipts as book

    try:
        found = sorted(book.receipts(home()), key=lambda receipt: receipt.recorded_at, reverse=True)
    except HomeProblem:
        return []
    if sees_all():
        return found
    own = {shop.shop_id for shop in shops()}
    return [receipt for receipt in found if receipt.shop_id in own]


def rejects(limit: int, offset: int, load_id: int | None = None) -> Page:
    from holdfast.warehouse import receipts as book

    return book.rejects(home(), limit=limit, offset=offset, load_id=load_id)


def promises(source: Published) -> tuple[Promise, ...]:
    """What the data promise and whether they keep it; looked at once for each snapshot."""
    from holdfast.metrics import promises

    key = (home(), source.snapshot)
    if key not in _promises:
        _promises.clear()
        _promises[key] = promises.promises(home(), source.manifest)
    return _promises[key]


def export_offending(name: str, path: Path, file_format: Format) -> int:
    """Raises LookupError where no row breaks the promise."""
    from holdfast.metrics import promises

    return promises.export_offending(home(), name, path, file_format)


REJECTS_AT_A_TIME = 20_000


def rejects_with(words: str, load_id: int | None = None) -> Iterator[tuple[object, ...]]:
    """Rejects that hold the words in any column, read a slice at a time."""
    wanted, offset = words.lower(), 0
    while (found := rejects(REJECTS_AT_A_TIME, offset, load_id)).rows:
        yield from (row for row in found.rows if wanted in " ".join(str(cell) for cell in row).lower())
        offset += REJECTS_AT_A_TIME


def build(tell: Callable[[str, float], None]) -> None:
    """Build tables, marts and values, and let them serve. The day that counts as today is UTC's."""
    from holdfast.evidence.settling import settle
    from holdfast.metrics import publish

    publish.build(home(), today=datetime.now(UTC).date(), progress=tell)
    settle(home())


def money_of(minor: int, currency: str) -> tuple[float, str]:
    """Whole minor units → major units, with their currency."""
    return float(minor / 10 ** minor_digits(currency)), currency
