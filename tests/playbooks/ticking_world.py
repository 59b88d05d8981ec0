"""Somebody to whom a tick hands over, who notes what and how often."""

from collections import Counter

import duckdb

from holdfast.playbooks.known.customers import customers_of
from holdfast.playbooks.state import ADDED, added, folder_of, rows_of
from holdfast.playbooks.tick import Edges, send_all, tick


class World:
    def __init__(self, home, judge=send_all):
        self.home, self.done = home, Counter()
        self.edges = Edges({"customers": customers_of(home)}, judge, self.take)

    def take(self, tick):
        path = folder_of(self.home) / tick.name / "todo_customers.parquet"
        if path.exists():
            rows = duckdb.connect().execute("SELECT run, step, turn FROM read_parquet(?)", [str(path)]).fetchall()
            self.done.update(rows)

    def ticks(self, now):
        return tick(self.home, self.edges, now=now)

    def did(self):
        return Counter(step for _, step, _ in self.done.elements())

    def told(self, what):
        rows = rows_of(added(self.home, "ledger", "customers"), ADDED["ledger"])
        found = duckdb.connect().execute(f"SELECT why FROM ({rows}) WHERE what = ? ORDER BY 1", [what]).fetchall()
        return [why for (why,) in found]
