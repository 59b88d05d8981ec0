"""Who may speak for a company: by the domain its people write from, never by a domain of strangers."""

from __future__ import annotations

from datetime import date

import pytest
from paper_shop import book, build_rows, land_rows, order, paper_home
from test_builds import gave, opened, people

from holdfast.sources.files.load import load
from holdfast.warehouse.identity.suggest import contacts


@pytest.mark.parametrize(("domain", "found"), [("acme.example", {"c2"}), ("gmail.com", set()), ("duck.com", set())])
def test_only_a_domain_of_its_own_says_for_whom_somebody_writes(tmp_path, domain, found):
    home, shop = paper_home(tmp_path)
    told = book(order("1", "c1", date(2025, 1, 1)), order("2", "c2", date(2025, 1, 1)), people("c1", "c2", "c3"))
    told["account"] = [{"account_source": "acme", "name": "Acme"}, {"account_source": "other"}]
    told["account_contact"] = [{"account_source": "acme", "customer_source": "c1"}]
    salt = home.salt()
    told["customer_identifier"] = [gave(who, f"{who}@{domain}", salt=salt) for who in ("c1", "c2")]
    land_rows(home, shop, told)
    build_rows(home)
    with opened(home) as con:
        assert {one.profile.number for one in contacts(con, home)} == found


def test_e_mails_alone_never_make_a_company(tmp_path):
    home, _ = paper_home(tmp_path)
    path = tmp_path / "orders.csv"
    path.write_text(
        "order id,email,order date,sku,quantity,price,currency\n1,ana@acme.example,2025-01-01,mug,1,1.00,EUR\n"
    )
    load(home, [path], shop="paper")
    build_rows(home)
    with opened(home) as con:
        assert con.execute(
            "SELECT (SELECT count(*) FROM account), (SELECT count(*) FROM account_contact)"
        ).fetchall() == [(0, 0)]
