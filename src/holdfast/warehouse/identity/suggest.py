"""Who may be one person, for a person to look at: names, spellings and shared devices never join by themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from holdfast.warehouse.engine import text
from holdfast.warehouse.home import Home
from holdfast.warehouse.identity.decisions import decisions, standing
from holdfast.warehouse.identity.hashed import set_salt, short_hash
from holdfast.warehouse.identity.named import Profile, profiles
from holdfast.warehouse.identity.settings import settings_of

CROWD = 5  # a name that more persons share says nothing


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Two persons of one account who may be one, and why somebody should look."""

    one: Profile
    other: Profile
    why: str


@dataclass(frozen=True, slots=True)
class Contact:
    """Somebody writes from the domain that an account's people write from: they may speak for it."""

    profile: Profile
    account_id: int
    account: str
    why: str = "writes from the domain of people who speak for the account"


def suggestions(con: duckdb.DuckDBPyConnection, home: Home, limit: int = 20) -> list[Suggestion]:
    """The surest first; pairs that somebody has decided about are left out."""
    decided = standing(decisions(home))
    about = {*decided.apart, *decided.together}
    found = con.execute(f"{_pairs(settings_of(home).roles)} LIMIT {limit + len(about)}").fetchall()
    named = profiles(con, {who for a, b, *_ in (*found, *about) for who in (a, b)})
    known = {_persons(named, a, b) for a, b in about if a in named and b in named}
    return [Suggestion(named[a], named[b], why) for a, b, why in found if _persons(named, a, b) not in known][:limit]


def _persons(named: dict[int, Profile], a: int, b: int) -> frozenset[int]:
    return frozenset((named[a].customer_key, named[b].customer_key))


def contacts(con: duckdb.DuckDBPyConnection, home: Home, limit: int = 20) -> list[Contact]:
    """People who may speak for an account. A personal mail domain never says for whom somebody works."""
    found = con.execute(f"{_colleagues(_personal(home))} LIMIT {limit}").fetchall()
    named = profiles(con, {who for who, _, _ in found})
    return [Contact(named[who], account_id, account) for who, account_id, account in found]


def _pairs(roles: Sequence[str]) -> str:
    """(a, b, why): pairs of persons of one account, a the older. roles: what no person's e-mail begins with."""
    person = (
        "SELECT c.customer_id, coalesce(m.customer_key, c.customer_id) AS customer_key, min(s.shop_id) OVER"
        " (PARTITION BY s.account) AS pool, c.country FROM customer_profile AS c JOIN shop AS s USING (shop_id)"
        " LEFT JOIN merged_profile AS m ON m.customer_id = c.customer_id"
    )
    plain = "strip_accents(lower(trim(coalesce(t.first_name, ''))) || ' ' || lower(trim(t.last_name)))"
    name = (
        f"SELECT p.pool, p.customer_key, p.customer_id, {plain} || ' ' || coalesce(lower(p.country), '') AS same,"
        " CAST(p.customer_key AS VARCHAR) AS said"
        f" FROM customer_contact AS t JOIN ({person}) AS p USING (customer_id)"
        " WHERE length(trim(t.last_name)) > 1 AND length(trim(t.first_name)) > 1"
    )
    posts = ", ".join(map(text, roles)) or "''"
    local, domain = "split_part(lower(trim(t.email)), '@', 1)", "split_part(lower(trim(t.email)), '@', 2)"
    google = f"{domain} IN ('gmail.com', 'googlemail.com')"
    bare = f"CASE WHEN {google} THEN replace(split_part({local}, '+', 1), '.', '') ELSE split_part({local}, '+', 1) END"
    spelling = (
        f"SELECT p.pool, p.customer_key, p.customer_id, {bare} || '@' || CASE WHEN {google} THEN 'gmail.com' ELSE"
        f" {domain} END AS same, lower(trim(t.email)) AS said"
        f" FROM customer_contact AS t JOIN ({person}) AS p USING (customer_id)"
        f" WHERE contains(t.email, '@') AND length({bare}) > 1 AND {local} NOT IN ({posts})"
    )
    device = (
        "SELECT pool, customer_key, customer_id, identifier_hash AS same,"
        " CAST(customer_key AS VARCHAR) AS said FROM identity_edge"
        " WHERE identifier_type = 'device' AND state LIKE '%signs in of different people'"
    )
    parts = (
        (1, "their e-mails differ in dots or a +word only", spelling),
        (2, "the same name and country", name),
        (3, "they signed in on one device within days", device),
    )
    pairs = " UNION ALL ".join(
        f"SELECT {rank} AS rank, g.a, x.customer_id AS b, {text(why)} AS why FROM (SELECT pool, same, min(customer_key)"
        f" AS oldest, arg_min(customer_id, customer_key) AS a FROM ({rows}) GROUP BY ALL"
        f" HAVING count(DISTINCT customer_key) BETWEEN 2 AND {CROWD} AND count(DISTINCT said) > 1) AS g"
        f" JOIN (SELECT pool, same, customer_key, min(customer_id) AS customer_id FROM ({rows}) GROUP BY ALL) AS x"
        " ON x.pool = g.pool AND x.same = g.same AND x.customer_key <> g.oldest"
        for rank, why, rows in parts
    )
    return f"SELECT a, b, arg_min(why, rank) AS why FROM ({pairs}) GROUP BY a, b ORDER BY min(rank), a, b"


def _colleagues(personal: str) -> str:
    """(customer_id, account_id, account): domains of the contacts of one account only, and who else has them."""
    mail = (
        "SELECT DISTINCT coalesce(g.shop_key, i.customer_id) AS customer_id, domain_hash FROM customer_identifier AS i"
        " LEFT JOIN merged_profile AS g ON g.customer_id = i.customer_id"
        f" WHERE type = 'email' AND domain_hash NOT IN ({personal})"
    )
    of_account = (
        f"SELECT domain_hash, min(a.account_id) AS account_id FROM account_contact AS a JOIN ({mail}) AS m USING"
        " (customer_id) GROUP BY 1 HAVING min(a.account_id) = max(a.account_id)"
    )
    return (
        "SELECT m.customer_id, d.account_id, coalesce(any_value(c.name), any_value(c.account_number),"
        f" 'account #' || d.account_id) FROM ({of_account}) AS d JOIN ({mail}) AS m USING (domain_hash)"
        " LEFT JOIN account AS c ON c.account_id = d.account_id"
        " WHERE NOT EXISTS (SELECT 1 FROM account_contact AS k WHERE k.account_id = d.account_id"
        " AND k.customer_id = m.customer_id) GROUP BY 1, 2 ORDER BY 2, 1"
    )


def _personal(home: Home) -> str:
    """SQL list: the hashes of mail domains that say nothing about a company."""
    rules = settings_of(home)
    con = duckdb.connect()
    try:
        set_salt(con, home.salt())
        words = ", ".join(f"({text(word)})" for word in (*rules.personal_domains, *rules.relay_domains, *rules.domains))
        hashes = con.execute(f"SELECT {short_hash('word')} FROM (VALUES {words}) AS t(word)").fetchall()
    finally:
        con.close()
    return ", ".join(text(one) for (one,) in hashes) or "''"
