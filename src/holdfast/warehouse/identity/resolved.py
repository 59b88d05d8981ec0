"""The canonical tables as metrics read them: every row belongs to a person, not to a profile.

Only tables of a shop with merged profiles are touched: a join with the small table of those profiles. The
`customer` table becomes one row per person and shop; the profiles stay readable as `customer_profile`.
"""

from __future__ import annotations

from collections.abc import Mapping

from holdfast.warehouse.engine import quoted
from holdfast.warehouse.identity.stitch import WATCHED
from holdfast.warehouse.tables import LANDED, TABLES
from holdfast.warehouse.tables.declare import RECORDED, Table

PROFILES = "customer_profile"
_BY_PROFILE = ("customer", "customer_contact", "customer_identifier")
_MERGED = "(SELECT customer_id, shop_key FROM merged_profile WHERE shop_key <> customer_id)"
# What an e-mail or SMS consent says when it is a no; a no of any profile is the person's.
REFUSED = (
    "no", "false", "f", "0", "n", "unsubscribed", "not_subscribed", "not subscribed", "declined", "denied", "revoked",
    "opted out", "opted_out", "opt-out", "opt out", "withdrawn", "redacted", "invalid", "never_subscribed", "cleaned",
)  # fmt: skip


def resolved_views(views: Mapping[str, str], merged: bool, stitched: bool) -> dict[str, str]:
    """The bodies of the canonical views over `merged_profile` and `stitched`, which must be there.

    views: table → SELECT of its rows as landed. merged, stitched: whether those tables hold anything. Where nothing
    has to change, the view's body is its own.
    """
    found = dict(views) | {PROFILES: views["customer"]}
    for table in LANDED:
        if table.name in _BY_PROFILE or not any(column.names == "customer" for column in table.columns):
            continue
        body = views[table.name]
        if stitched and table.name in {name for name, _, _ in WATCHED}:
            body = _stitched(table, body)
        found[table.name] = _mapped(table, body) if merged else body
    if merged:
        found["customer"] = _persons(views["customer"])
    return found


def read_by_views(merged: bool, stitched: bool) -> tuple[str, ...]:
    """The tables that `resolved_views` with the same flags read, besides what landed."""
    return tuple(name for name, read in (("merged_profile", merged), ("stitched", stitched)) if read)


def _mapped(table: Table, body: str) -> str:
    columns = ", ".join(
        f"coalesce(m.shop_key, t.{quoted(c.name)}) AS {quoted(c.name)}"
        if c.names == "customer"
        else f"t.{quoted(c.name)}"
        for c in (*table.columns, *RECORDED)
    )
    mapped = f"SELECT {columns} FROM ({body}) AS t LEFT JOIN {_MERGED} AS m ON m.customer_id = t.customer_id"
    if "customer_id" not in table.key or any(table.column(name).kind == "moment" for name in table.key):
        return mapped
    # A state that two profiles of one person had is one state: the earlier row stays.
    key = ", ".join(quoted(name) for name in (*table.key, *(c.name for c in table.columns if c.name == "valid_from")))
    first = f"{quoted(table.dated)} NULLS LAST, " if table.dated else ""
    return f"SELECT * FROM ({mapped}) QUALIFY row_number() OVER (PARTITION BY {key} ORDER BY {first}load_id) = 1"


def _stitched(table: Table, body: str) -> str:
    own = next(own for name, own, _ in WATCHED if name == table.name)
    columns = ", ".join(
        f"coalesce(t.{quoted(c.name)}, s.customer_id) AS {quoted(c.name)}"
        if c.names == "customer"
        else f"t.{quoted(c.name)}"
        for c in (*table.columns, *RECORDED)
    )
    return (
        f"SELECT {columns} FROM ({body}) AS t LEFT JOIN (SELECT id, customer_id FROM stitched"
        f" WHERE seen_in = '{table.name}') AS s ON s.id = t.{own}"
    )


def _persons(body: str) -> str:
    """The profiles of one person and shop as one row; where they say different things, the newest is believed."""
    of_person = "SELECT customer_id, shop_key FROM merged_profile"
    several = f"SELECT shop_key FROM ({of_person}) GROUP BY 1 HAVING count(*) > 1"
    group = f"({of_person} WHERE shop_key IN ({several}))"
    columns = (*TABLES["customer"].columns, *RECORDED)
    plain = ", ".join(quoted(c.name) for c in columns)
    taken = ", ".join(f"{_OF_PERSON.get(c.name, _newest(c.name))} AS {quoted(c.name)}" for c in columns)
    return (
        f"SELECT {plain} FROM ({body}) AS t ANTI JOIN {group} AS g USING (customer_id) UNION ALL BY NAME"
        f" SELECT {taken} FROM ({body}) AS t JOIN {group} AS g USING (customer_id) GROUP BY g.shop_key"
    )


def _newest(column: str) -> str:
    return f"arg_max(t.{quoted(column)}, (t.recorded_at, t.customer_id))"


def _no_first(column: str) -> str:
    refused = ", ".join(f"'{word}'" for word in REFUSED)
    no = f"lower(trim(t.{column})) IN ({refused})"
    return f"coalesce(arg_max(t.{column}, (t.recorded_at, t.customer_id)) FILTER ({no}), {_newest(column)})"


_ACCOUNT = "NOT coalesce(t.is_guest, false)"
_OF_PERSON = {
    "customer_id": "g.shop_key",
    "customer_number": "arg_min(t.customer_number, t.customer_id)",
    "email_hash": "arg_min(t.email_hash, t.customer_id)",
    "phone_hash": "arg_min(t.phone_hash, t.customer_id)",
    "account_created_at": f"min(t.account_created_at) FILTER ({_ACCOUNT})",
    # Whoever has an account is no guest.
    "is_guest": "CASE WHEN bool_and(coalesce(t.is_guest, false)) THEN true"
    f" ELSE bool_or(t.is_guest) FILTER ({_ACCOUNT}) END",
    "is_test": "bool_or(t.is_test)",
    "is_staff": "bool_or(t.is_staff)",
    # The account's moment is real when the earliest one is.
    "imported": f"coalesce(arg_min(coalesce(t.imported, false), t.account_created_at) FILTER ({_ACCOUNT}),"
    " bool_or(t.imported))",
    "email_consent": _no_first("email_consent"),
    "sms_consent": _no_first("sms_consent"),
    "tags": "string_agg(DISTINCT t.tags, ', ' ORDER BY t.tags)",
    "recorded_at": "max(t.recorded_at)",
    "load_id": "max(t.load_id)",
    # Where the newest version stands, all of it or nothing: a line of one row in the file of another is nowhere.
    "file_no": "arg_max_null(t.file_no, (t.load_id, t.customer_id))",
    "line": "arg_max_null(t.line, (t.load_id, t.customer_id))",
}
