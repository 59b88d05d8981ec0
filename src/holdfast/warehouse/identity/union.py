"""Which nodes hang together, found by the engine a whole generation at a time.

Each round every node takes the smallest neighbour smaller than itself, chains are shortened by halving, and
what is left of the edges is drawn between the survivors. A node that nobody joined in a round has a smaller
neighbour in the next one, so the nodes are at least halved every two rounds.
"""

from __future__ import annotations

import duckdb


def union(con: duckdb.DuckDBPyConnection, edges: str, into: str) -> int:
    """Leave `into` (node, root): every node of `edges` (a, b: BIGINT) that is not the smallest of its component.

    edges: a relation or a SELECT in parentheses. Returns the number of rounds. The order of edges, their direction and
    how often one is told change nothing.
    """
    con.execute(f"CREATE OR REPLACE TEMP TABLE {into} (node BIGINT, root BIGINT)")
    con.execute(
        "CREATE OR REPLACE TEMP TABLE union_edge AS SELECT DISTINCT least(a, b) AS low, greatest(a, b) AS high"
        f" FROM {edges} WHERE a <> b"
    )
    rounds = 0
    while con.execute("SELECT 1 FROM union_edge LIMIT 1").fetchone():
        rounds += 1
        con.execute(
            "CREATE OR REPLACE TEMP TABLE hop AS SELECT high AS node, min(low) AS root FROM union_edge GROUP BY 1"
        )
        _shorten(con)
        con.execute(
            f"CREATE OR REPLACE TEMP TABLE {into}_next AS SELECT t.node, coalesce(h.root, t.root) AS root"
            f" FROM {into} AS t LEFT JOIN hop AS h ON h.node = t.root UNION ALL SELECT node, root FROM hop"
        )
        con.execute(f"DROP TABLE {into}")
        con.execute(f"ALTER TABLE {into}_next RENAME TO {into}")
        con.execute(
            "CREATE OR REPLACE TEMP TABLE union_left AS SELECT DISTINCT least(a, b) AS low, greatest(a, b) AS high"
            " FROM (SELECT coalesce(l.root, e.low) AS a, coalesce(h.root, e.high) AS b FROM union_edge AS e"
            " LEFT JOIN hop AS l ON l.node = e.low LEFT JOIN hop AS h ON h.node = e.high) WHERE a <> b"
        )
        con.execute("DROP TABLE union_edge")
        con.execute("ALTER TABLE union_left RENAME TO union_edge")
    con.execute("DROP TABLE union_edge")
    con.execute("DROP TABLE IF EXISTS hop")
    return rounds


def _shorten(con: duckdb.DuckDBPyConnection) -> None:
    """Make every hop lead to the end of its chain; a chain of n takes log2 n turns."""
    while con.execute("SELECT 1 FROM hop AS h SEMI JOIN hop AS n ON n.node = h.root LIMIT 1").fetchone():
        con.execute(
            "CREATE OR REPLACE TEMP TABLE hop_next AS SELECT h.node, coalesce(n.root, h.root) AS root FROM hop AS h"
            " LEFT JOIN hop AS n ON n.node = h.root"
        )
        con.execute("DROP TABLE hop")
        con.execute("ALTER TABLE hop_next RENAME TO hop")
