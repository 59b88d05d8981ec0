"""Whom at an account a message goes to: the person there whose part it asks for, as the book of work knows them.

Restraint knows people by the key of a customer. A contact has a key below 0, of their own, so that consent, dead
addresses, caps and quiet hours ask of them what they ask of everybody.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import duckdb
import pyarrow as pa
from django.db.models import Q

from holdfast.accounts.models import Account, Contact, source_of
from holdfast.playbooks.restraint.words import address_hash
from holdfast.warehouse.home import Home

WITHOUT = (
    "CREATE OR REPLACE TEMP TABLE contact_of AS SELECT NULL::BIGINT AS account_id, NULL::VARCHAR AS wants,"
    " NULL::BIGINT AS contact_id WHERE false"
)
SCHEMA = pa.schema([
    ("account_id", pa.int64()), ("wants", pa.string()), ("contact_id", pa.int64()), ("customer_id", pa.int64()),
    ("shop_id", pa.int64()), ("email", pa.string()), ("email_hash", pa.string()), ("first_name", pa.string()),
])  # fmt: skip


def tell_contacts(connection: duckdb.DuckDBPyConnection, home: Home, now: datetime) -> None:
    """contact_of (account_id, wants, contact_id, …): of `candidate`, which has a column `wants` where messages go to
    people of accounts: their parts, the one that is preferred first. No row: there is nobody with an address."""
    columns = {row[0] for row in connection.execute("DESCRIBE candidate").fetchall()}
    asked = (
        connection.execute(
            "SELECT DISTINCT account_id, wants FROM candidate WHERE account_id IS NOT NULL AND wants <> ''"
        ).fetchall()
        if "wants" in columns
        else []
    )
    if not asked:
        connection.execute(WITHOUT)
        return
    here = Contact.objects.filter(account__in={key for key, _ in asked}).exclude(email="").order_by("pk")
    people: dict[int, list[Contact]] = {}
    for person in here.filter(Q(left_on=None) | Q(left_on__gt=now.date())):
        people.setdefault(person.account_id, []).append(person)
    shops = _shops(home, [key for key, _ in asked])
    rows = [
        {
            "account_id": key, "wants": wants, "contact_id": one.pk, "customer_id": -one.pk, "shop_id": shops.get(key),
            "email": one.email.strip(), "email_hash": address_hash(home, one.email),
            "first_name": one.name.split()[0] if one.name.split() else None,
        }
        for key, wants in asked
        if (one := _wanted(people.get(key, []), wants)) is not None
    ]  # fmt: skip
    connection.register("told_contacts", pa.Table.from_pylist(rows, schema=SCHEMA))
    connection.execute("CREATE OR REPLACE TEMP TABLE contact_of AS SELECT * FROM told_contacts")
    connection.unregister("told_contacts")


def _wanted(people: list[Contact], wants: str) -> Contact | None:
    parts = [part.strip() for part in wants.split(",")]
    found = [one for one in people if one.part in parts]
    return min(found, key=lambda one: (parts.index(one.part), one.pk), default=None)


def _shops(home: Home, accounts: list[int]) -> Mapping[int, int]:
    """Of each account its first shop, by whose clock it is asked whether it is night there."""
    by_source = {source_of(shop.account): shop.shop_id for shop in reversed(home.shops())}
    rows = Account.objects.filter(pk__in=accounts).values_list("pk", "source")
    return {pk: by_source[source] for pk, source in rows if source in by_source}
