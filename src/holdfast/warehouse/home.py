"""The home: one folder that holds everything a Holdfast installation knows.

home/
  holdfast.toml        shops and settings, editable
  salt, secret.key     0600; never logged, never exported without being asked for
  mappings/*.toml      how files become tables, editable
  identity.toml        what joins profiles to persons, where it differs from what ships; editable
  framework.toml, peaks.toml  targets and peaks of the merchant's own, in place of those that ship; editable
  merchant.toml        segments of accounts, markets of shops, answers to questions of targets; editable
  frozen/              what a freeze holds of them, and why
  identity_decisions.jsonl  what people decided about that; only ever added to
  landed/              what was learned, load by load; only ever added to
  snapshots/<id>/      built tables, marts and values; `current` points to the one that serves
  values/              every value ever reported, one file a snapshot
  health/*.toml        scorecards of health of the merchant's own, in place of those that ship; editable
  health/readings/     every reading of health, one file a snapshot
  rfm.toml             cuts of recency, frequency and money of the merchant's own; editable
  segments/*.toml      sets of customers of the merchant's own, beside those that ship or in their place; editable
  segments/versions/<id>/<n>.toml  what a set was when it was used, never changed
  experiments/<id>/    what was declared, and who was assigned to which arm; never changed once drawn
  playbooks/*.toml     playbooks of the merchant's own, in place of those that ship; editable
  playbooks/versions/, on.json, ticks/  what was switched on, and what ticks keep of everybody
  restraint.toml       what holds messages back, in place of what ships; editable
  messages/*.toml      what messages say; editable
  secrets/             keys of mail servers, endpoints and callers, 0600; never logged
  audiences/*.csv      hashed e-mails for marketing tools, 0600
  work.sqlite3         the book of work (Django)
  inbox/               files uploaded through the browser
  tmp/                 scratch, emptied at each start of a writer
"""

from __future__ import annotations

import itertools
import os
import secrets
import shutil
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import tomlkit

from holdfast.commerce.currency import UnknownCurrency, minor_digits

_RUN = secrets.token_hex(4)  # tells this process from an earlier one that had the same number
_turns = itertools.count(1)

_HOW_TO_MEND = "Put it back from a backup; if nothing was imported yet, remove it and run `holdfast init`."

FOLDERS = ("mappings", "landed", "snapshots", "values", "inbox", "tmp")


class HomeProblem(Exception):
    """The home or its settings cannot be used; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Shop:
    """A store as the settings declare it."""

    shop_id: int
    name: str
    account: str
    zone: str
    currency: str
    simulated: bool = False
    exclude_tags: tuple[str, ...] = ()  # whoever has one of these tags is no customer here: wholesale, friends …


@dataclass(frozen=True, slots=True)
class Home:
    """Where an installation lives, and its settings."""

    path: Path

    @classmethod
    def find(cls, given: Path | None = None) -> Home:
        """The home named by `given`, else $HOLDFAST_HOME, else ~/.holdfast; it need not exist yet."""
        return cls(
            (given or Path(os.environ.get("HOLDFAST_HOME") or Path.home() / ".holdfast")).expanduser().absolute()
        )

    @property
    def exists(self) -> bool:
        return (self.path / "holdfast.toml").is_file()

    def create(self) -> None:
        """Make the folders, the salt and an empty settings file; what is already there stays."""
        try:
            self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
            for folder in FOLDERS:
                (self.path / folder).mkdir(exist_ok=True, mode=0o700)
            for name in ("salt", "secret.key"):
                _write_secret(self.path / name)
            settings = self.path / "holdfast.toml"
            if not settings.exists():
                settings.write_text("# Holdfast settings. Shops are added by `holdfast import` or by hand.\n")
        except OSError as problem:
            raise HomeProblem(
                f"cannot write to {self.path}: {problem.strerror}. Choose another folder with --home."
            ) from problem

    def salt(self) -> str:
        """The secret part of hashes. Raises HomeProblem when it is empty: hashes would then protect nobody."""
        salt = (self.path / "salt").read_text().strip()
        if not salt:
            raise HomeProblem(f"{self.path / 'salt'} is empty. {_HOW_TO_MEND}")
        return salt

    def shops(self) -> tuple[Shop, ...]:
        """The declared shops, by number."""
        shops = tuple(sorted(_read_shops(self.path / "holdfast.toml"), key=lambda shop: shop.shop_id))
        for what, told in (("id", [str(s.shop_id) for s in shops]), ("name", [s.name for s in shops])):
            if twice := sorted({one for one in told if told.count(one) > 1}):
                raise HomeProblem(
                    f"{self.path / 'holdfast.toml'} has more than one shop with the {what} {', '.join(twice)}."
                    " Give each shop its own."
                )
        return shops

    def shop(self, name: str) -> Shop:
        for shop in self.shops():
            if shop.name == name:
                return shop
        known = ", ".join(shop.name for shop in self.shops()) or "none yet"
        raise HomeProblem(f"no shop is called {name!r} (known: {known})")

    def add_shop(self, name: str, *, account: str, zone: str, currency: str, simulated: bool = False) -> Shop:
        """Declare a shop in the settings file and return it; the file's comments stay."""
        shop = Shop(max((s.shop_id for s in self.shops()), default=0) + 1, name, account, zone, currency, simulated)
        _check(shop)
        path = self.path / "holdfast.toml"
        document = tomlkit.parse(path.read_text())
        shops = document.setdefault("shop", tomlkit.aot())
        table = tomlkit.table()
        table.update(
            {
                "id": shop.shop_id,
                "name": name,
                "account": account,
                "zone": zone,
                "currency": currency,
                "simulated": simulated,
            }
        )
        shops.append(table)
        write_whole(path, tomlkit.dumps(document))
        return shop


def write_whole(path: Path, text: str) -> None:
    """Write a small file so that a crash leaves either the old one or the new one."""
    beside = path.with_name(path.name + ".new")
    beside.write_text(text, encoding="utf-8")  # whatever the locale: it is read as UTF-8
    os.replace(beside, path)


@contextmanager
def scratch(home: Home, name: str) -> Iterator[Path]:
    """A new folder under tmp/ that is gone afterwards."""
    folder = scratch_path(home, name)
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def scratch_path(home: Home, name: str) -> Path:
    """A path under tmp/ that nobody uses; its name says whose it is, so that the dead can be swept."""
    return home.path / "tmp" / f"{name}-{next(_turns)}-{_RUN}-{os.getpid()}"


def sweep(home: Home) -> None:
    """Remove scratch whose process is gone. In a container each process may get the number of the one before."""
    for leftover in (home.path / "tmp").glob("*-*-*"):
        _, run, owner = leftover.name.rsplit("-", 2)
        if owner.isdigit() and (not _alive(int(owner)) or (int(owner) == os.getpid() and run != _RUN)):
            shutil.rmtree(leftover, ignore_errors=True)


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _write_secret(path: Path) -> None:
    """Write a secret once: whole beside its place, then linked, so that no crash leaves an empty one."""
    if path.exists():
        if not path.read_text().strip():
            raise HomeProblem(f"{path} is empty. {_HOW_TO_MEND}")
        return
    beside = path.with_name(f"{path.name}.{_RUN}-{os.getpid()}")
    try:
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_hex(32))
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):  # somebody else made the home at the same moment: theirs holds
            os.link(beside, path)
    finally:
        beside.unlink(missing_ok=True)


def _read_shops(path: Path) -> Iterator[Shop]:
    if not path.is_file():
        raise HomeProblem(f"no Holdfast home at {path.parent}. Make one with `holdfast init`.")
    try:
        rows = tomllib.loads(path.read_text()).get("shop", [])
        for row in rows:
            shop = Shop(
                int(row["id"]),
                str(row["name"]),
                str(row.get("account", row["name"])),
                str(row["zone"]),
                str(row["currency"]),
                bool(row.get("simulated", False)),
                _tags(row.get("exclude_tags", [])),
            )
            _check(shop)
            yield shop
    except (tomllib.TOMLDecodeError, KeyError, TypeError, ValueError) as problem:
        raise HomeProblem(f"{path} cannot be read: {problem}. Mend it or move it away.") from problem


def _tags(told: object) -> tuple[str, ...]:
    if not isinstance(told, list) or not all(isinstance(tag, str) and tag.strip() for tag in told):
        raise ValueError(f'exclude_tags is a list of tags, for example ["wholesale"], not {told!r}')
    return tuple(tag.strip().lower() for tag in told)


def _check(shop: Shop) -> None:
    try:
        ZoneInfo(shop.zone)
    except (ZoneInfoNotFoundError, ValueError) as problem:
        raise HomeProblem(
            f"shop {shop.name}: {shop.zone!r} is not an IANA time zone (for example Europe/London)"
        ) from problem
    try:
        minor_digits(shop.currency)
    except UnknownCurrency as problem:
        raise HomeProblem(f"shop {shop.name}: {problem} (ISO 4217)") from problem
