"""The lot: drawn once, written whole, and never drawn again."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import date, datetime
from hashlib import sha256
from os import replace as rename
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from holdfast.evidence.designs.pairs import NOT_TREATED, paired
from holdfast.evidence.registration import Registration, RegistrationProblem, read_registration
from holdfast.playbooks.aside import HELD_OUT, TREATED, arm_sql
from holdfast.playbooks.shelf import switches
from holdfast.playbooks.state import added
from holdfast.warehouse.engine import open_writer, text
from holdfast.warehouse.home import Home, scratch, write_whole
from holdfast.warehouse.lock import editing
from holdfast.warehouse.snapshot import NOTHING_BUILT, NothingBuilt, current_snapshot, open_snapshot

FOLDER, DECLARED, DRAWN, ASSIGNED = "experiments", "registration.toml", "drawn.json", "assigned.parquet"
OPEN = "drawn as they enter"
IN_BOTH = "named before in the other arm"
REFUSED = "refused.csv"  # rows of a file that assigned nobody, with line and reason
_ARM = f"CASE WHEN {{0}} THEN '{TREATED}' ELSE '{NOT_TREATED}' END AS arm"
TAKEN = {  # columns of the file, and who is in which arm since when
    "lot": (
        ("customer", "arm", "assigned_on"),
        "SELECT customer_id, arm, CAST(assigned_on AS DATE) AS assigned_on FROM known",
    ),
    "staggered": (
        ("customer", "began"),
        f"SELECT customer_id, {_ARM.format('began IS NOT NULL')}, CAST(began AS DATE) AS assigned_on FROM known",
    ),
    "matched": (
        ("customer", "began"), f"SELECT customer_id, '{TREATED}' AS arm, CAST(began AS DATE) AS assigned_on FROM known",
    ),
    "threshold": (
        ("customer", "score"),
        f"SELECT customer_id, {_ARM.format('CAST(score AS DOUBLE) >= {threshold}')}, $today AS assigned_on,"
        " CAST(score AS DOUBLE) AS score FROM known",
    ),
}  # fmt: skip
KNOWN = "known AS (SELECT * FROM judged WHERE why = '')"


Complete = Callable[[duckdb.DuckDBPyConnection, pa.Table], pa.Table]


class LotProblem(Exception):
    """A lot cannot be drawn or read; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Lot:
    """What was declared and, once drawn, when, by whom, over how many, and what the declaration was then."""

    registration: Registration
    folder: Path
    drawn: Mapping[str, str] | None = None

    files: tuple[Path, ...] = ()  # of an open lot: what ticks have assigned so far
    rows: str = "SELECT * FROM lot_rows"  # SQL over these files, called lot_rows

    @property
    def assigned(self) -> Path:
        return self.folder / ASSIGNED

    @property
    def is_open(self) -> bool:
        """Whoever enters is assigned: there is no day on which it was drawn for all."""
        return self.drawn is not None and self.drawn["how"] == OPEN

    @property
    def entered(self) -> bool:
        """Whether anybody can have been assigned yet."""
        return self.drawn is not None and (bool(self.files) or not self.is_open)

    @property
    def beside(self) -> dict[str, Path | tuple[Path, ...]]:
        """What is read beside a snapshot. Raises LotProblem where nobody was assigned yet."""
        if self.is_open and not self.files:
            raise LotProblem(f"nobody has entered {self.registration.id} yet: a tick of its playbook assigns them")
        return {"lot_rows": self.files if self.is_open else self.assigned}

    @property
    def stamp(self) -> str:
        """Another one whenever somebody was assigned since."""
        last = self.files[-1].parent.name if self.files else ""  # the tick that assigned last
        return f"{(self.drawn or {}).get('declared', '')}.{last}"

    @property
    def drawn_on(self) -> date:
        if self.drawn is None:
            raise LotProblem(f"the lot of {self.registration.id} was not drawn yet")
        return date.fromisoformat(self.drawn["on"])


def declare(home: Home, written: str) -> Lot:
    """Keep a declaration, in place of an earlier one not drawn upon. Raises RegistrationProblem, LotProblem."""
    registration = read_registration(written)
    if registration.shop not in {shop.name for shop in home.shops()}:
        raise RegistrationProblem(f"there is no shop {registration.shop!r}")
    folder = home.path / FOLDER / registration.id
    with editing(home.path):
        if (folder / DRAWN).exists():
            raise LotProblem(f"{registration.id} was drawn already: what was declared before it began stays as it is")
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(folder / DECLARED, written)
    return Lot(registration, folder)


def lots(home: Home) -> tuple[Lot, ...]:
    """All that can be read, by id."""
    return tuple(one for one in _every(home) if isinstance(one, Lot))


def spoilt(home: Home) -> tuple[str, ...]:
    """What is wrong with those that cannot be."""
    return tuple(one for one in _every(home) if isinstance(one, str))


def _every(home: Home) -> Iterator[Lot | str]:
    for path in sorted((home.path / FOLDER).glob(f"*/{DECLARED}")):
        try:
            yield lot(home, path.parent.name)
        except (LotProblem, RegistrationProblem) as problem:
            yield str(problem)


def lot(home: Home, id: str) -> Lot:
    """Raises LotProblem where there is none, or where a declaration was changed after the lot had been drawn."""
    folder = home.path / FOLDER / Path(id).name
    try:
        written = (folder / DECLARED).read_text(encoding="utf-8")
    except FileNotFoundError:
        raise LotProblem(f"nothing is declared as {id!r}; see `holdfast experiments list`") from None
    drawn = json.loads((folder / DRAWN).read_text(encoding="utf-8")) if (folder / DRAWN).exists() else None
    if drawn is not None and drawn["declared"] != _digest(written):
        raise LotProblem(
            f"{folder / DECLARED} was changed after the lot was drawn. Put it back: its SHA-256 was {drawn['declared']}"
        )
    found = Lot(read_registration(written), folder, drawn)
    return _with_entries(home, found) if found.is_open else found


def _with_entries(home: Home, found: Lot) -> Lot:
    """An open lot, with what the ticks of its playbook have assigned in its shop."""
    drawn = found.drawn or {}
    switch = switches(home).get(drawn["playbook"])
    if switch is None:  # registered, and killed before it was switched on
        return found
    rows = (
        "SELECT subject AS customer_id, arm, day AS assigned_on FROM lot_rows WHERE what = 'assigned'"
        f" AND slot = {switch.slot} AND shop_id = {_shop_id(home, found)} AND step = {text(drawn['lot'])}"
    )
    return replace(found, files=tuple(added(home, "ledger", "customers")), rows=rows)


def draw(home: Home, id: str, *, by: str, now: datetime, members: Path | None = None) -> Lot:
    """Assign every customer of the shop who has bought, or those of a file, to an arm; stored before anything is done.

    members: a CSV with the column customer, in the shop's own numbers. Raises LotProblem.
    """
    found = _undrawn(home, id)
    if found.registration.design != "lot":
        raise LotProblem(f"nobody draws a lot for a {found.registration.design} design: take a file of who was treated")
    it, salt = found.registration, secrets.token_hex(16)
    whose = f"SELECT customer_id{_and(it.stratum)} FROM history WHERE shop_id = {_shop_id(home, found)}"
    if members is not None:
        whose += " AND customer_id IN (SELECT customer_id FROM known)"
    arm = arm_sql(salt, "cluster", it.held_out, it.stratum)
    select = (
        f"SELECT customer_id, cluster, {arm} AS arm, $today AS assigned_on"
        f" FROM (SELECT *, {cluster_sql(it)} AS cluster FROM ({whose}) AS w)"
    )
    said = {"salt": salt, "by": by, "at": now.isoformat(), "how": "drawn here"}
    return _keep(home, found, select, said, members, ("customer",))


def take(home: Home, id: str, path: Path, *, by: str, now: datetime) -> Lot:
    """Who was treated, from CSV or Parquet; raises LotProblem.

    Of a lot drawn elsewhere: customer (the shop's number), arm ("treated" or "held out") and assigned_on. Of a
    staggered start: customer and began, empty for who never does. Of a comparison with those who looked alike:
    customer and began. Of a threshold: customer and score.
    """
    found = _undrawn(home, id)
    it = found.registration
    said = {"salt": "", "by": by, "at": now.isoformat(), "how": "drawn elsewhere"}
    if it.design != "lot":
        said["how"] = "no lot"
    columns, select = TAKEN[it.design]
    complete = paired if it.design == "matched" else None
    return _keep(home, found, select.format(threshold=it.threshold), said, path, columns, complete)


def _undrawn(home: Home, id: str) -> Lot:
    found = lot(home, id)
    if found.drawn is not None:
        raise LotProblem(f"{id} was drawn already, as of {found.drawn_on}; a second lot would not be a lot")
    return found


def _keep(
    home: Home,
    found: Lot,
    select: str,
    said: dict[str, str],
    listed: Path | None,
    columns: tuple[str, ...],
    complete: Complete | None = None,
) -> Lot:
    """The file first, then the word that the lot is drawn: a crash between them leaves no lot."""
    snapshot = current_snapshot(home)
    if snapshot is None:
        raise NothingBuilt(NOTHING_BUILT)
    with editing(home.path), scratch(home, "lot") as folder, closing(open_writer(folder)) as writer:
        beside = {} if listed is None else {"listed": _read(writer, listed, columns, folder)}
        known = "" if listed is None else f"WITH judged AS ({_judged(home, found, columns)}), {KNOWN} "
        today = f"DATE '{snapshot.as_of}'"
        with closing(open_snapshot(home, snapshot, beside=beside)) as reader:
            query = f"{known}{select.replace('$today', today)} ORDER BY customer_id"
            table: pa.Table = reader.sql(query).to_arrow_table()
            if listed is not None:
                refused: pa.Table = reader.sql(
                    f"{known}SELECT line, customer, why FROM judged WHERE why <> '' ORDER BY line"
                ).to_arrow_table()
                writer.register("refused", refused)
                writer.execute(f"COPY refused TO {text(str(found.folder / REFUSED))} (FORMAT csv, HEADER)")
                said["refused"] = str(refused.num_rows)
                said["in_both"] = str(pc.sum(pc.equal(refused["why"], IN_BOTH)).as_py() or 0)
            if complete is not None and table.num_rows:
                table = complete(reader, table)
                said |= {str(k.decode()): str(v.decode()) for k, v in (table.schema.metadata or {}).items()}
        if not table.num_rows:
            why = "no customer of the shop has bought" if listed is None else f"see {found.folder / REFUSED}"
            raise LotProblem(f"nobody was found to be assigned: {why}")
        writer.register("lot", table)
        writer.execute(f"COPY lot TO {text(str(folder / ASSIGNED))} (FORMAT parquet, COMPRESSION zstd)")
        rename(folder / ASSIGNED, found.assigned)
        last = pc.max(table["assigned_on"]).as_py()
        if last is None:
            raise LotProblem("nobody in the file ever began: there is nothing to compare")
        said |= {
            "on": str(last), "assigned": str(table.num_rows),
            "declared": _digest((found.folder / DECLARED).read_text(encoding="utf-8")),
        }  # fmt: skip
        write_whole(found.folder / DRAWN, json.dumps(said, indent=2))
    return lot(home, found.registration.id)


def _read(writer: duckdb.DuckDBPyConnection, path: Path, columns: tuple[str, ...], folder: Path) -> Path:
    """The file's rows as text with their lines, where a reader of the snapshot may read them."""
    try:
        if path.suffix.lower() == ".parquet":
            rows = writer.read_parquet(str(path)).project("COLUMNS(*)::VARCHAR")
        else:
            rows = writer.read_csv(str(path), header=True, all_varchar=True)
    except duckdb.Error as problem:
        raise LotProblem(f"{path.name} cannot be read: {str(problem).splitlines()[0]}") from problem
    missing = [name for name in columns if name not in rows.columns]
    if missing:
        raise LotProblem(f"{path.name} has no column {', '.join(missing)}; it has {', '.join(rows.columns)}")
    made = folder / "listed.parquet"
    kept = rows.project(", ".join(["row_number() OVER () + 1 AS line", *columns]))
    kept.write_parquet(str(made))
    return made


def _judged(home: Home, found: Lot, columns: tuple[str, ...]) -> str:
    """Rows of `listed` with whom they name, and why a row assigns nobody."""
    wrong = ["WHEN customer_id IS NULL THEN 'no such customer in the shop'"]
    if "arm" in columns:
        first = "first_value(arm) OVER (PARTITION BY customer_id ORDER BY line)"
        wrong.append(f"WHEN turn > 1 AND arm IN ('{TREATED}', '{HELD_OUT}') AND arm <> {first} THEN '{IN_BOTH}'")
    wrong.append("WHEN turn > 1 THEN 'named before'")
    if "arm" in columns:
        wrong += [
            f"WHEN arm IS NULL OR arm NOT IN ('{TREATED}', '{HELD_OUT}') THEN 'arm is {TREATED} or {HELD_OUT}'",
            "WHEN try_cast(assigned_on AS DATE) IS NULL THEN 'assigned_on is no day'",
        ]
    if "began" in columns:
        never = " AND began IS NOT NULL" if found.registration.design == "staggered" else ""
        wrong.append(f"WHEN try_cast(began AS DATE) IS NULL{never} THEN 'began is no day'")
    if "score" in columns:
        wrong.append("WHEN try_cast(score AS DOUBLE) IS NULL THEN 'score is no number'")
    return (
        f"SELECT *, CASE {' '.join(wrong)} ELSE '' END AS why FROM (SELECT l.*, c.customer_id,"
        " row_number() OVER (PARTITION BY c.customer_id ORDER BY l.line) AS turn FROM listed AS l LEFT JOIN customer"
        f" AS c ON c.customer_number = trim(l.customer) AND c.shop_id = {_shop_id(home, found)})"
    )


def cluster_sql(it: Registration) -> str:
    """Who is assigned together: of several companies of a person the one known longest; alone where there is none.

    An expression over w (customer_id).
    """
    if not it.cluster:
        return "w.customer_id"
    of = "SELECT min(account_id) FROM account_contact AS t WHERE t.customer_id = w.customer_id"
    return f"coalesce(({of}), -w.customer_id)"


def _and(column: str) -> str:
    return f", {column}" if column else ""


def _shop_id(home: Home, found: Lot) -> int:
    return next(shop.shop_id for shop in home.shops() if shop.name == found.registration.shop)


def _digest(written: str) -> str:
    return sha256(written.encode()).hexdigest()
