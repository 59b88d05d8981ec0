"""Who becomes one person and who must not: the traps of identity, one by one."""

import pytest
from drawn import drawn
from evidence import Given, expected, limits, salted
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from holdfast.warehouse.identity.settings import shipped


def numbered(*who: int) -> list[tuple[int, int, bool]]:
    return [(one, 1, True) for one in who]


def guests(*who: int) -> list[tuple[int, int, bool]]:
    return [(one, 1, False) for one in who]


def test_a_guest_and_an_account_with_one_email_are_one_person(bench):
    bench.people([*numbered(1), *guests(2)])
    bench.given([Given(1, "ana@a.example", "customer"), Given(2, "ana@a.example")])
    assert bench.joined() == {2: (1, "email")}


def test_the_weakest_link_of_the_surest_path_is_named(bench):
    """1 and 2 share a verified e-mail that 2 gave on a paid order; 3 hangs on 2 by a phone; 4 on 1 by an unpaid order."""
    bench.people(numbered(1, 2, 3, 4))
    bench.given([
        Given(1, "ana@a.example", "customer", verified=True), Given(2, "ana@a.example", paid=True),
        Given(4, "ana@a.example"), Given(2, "+311"), Given(3, "+311"),
    ])  # fmt: skip
    assert bench.joined() == {2: (1, "email_paid"), 4: (1, "email"), 3: (1, "phone")}


def test_six_accounts_of_one_email_are_set_aside_and_five_are_one(bench):
    bench.people([*numbered(1, 2, 3, 4, 5, 6), *guests(7)])
    bench.given([Given(who, "many@a.example", "customer") for who in (1, 2, 3, 4, 5, 7)])
    assert set(bench.joined()) == {2, 3, 4, 5, 7}  # a guest has no number
    bench.given([Given(6, "many@a.example", "customer")])
    assert bench.joined() == {}
    assert bench.states("email") == {"set aside: 6 customer numbers share it"}


def test_a_phone_of_three_persons_joins_and_of_four_does_not(bench):
    """Profiles that an e-mail has already made one count once."""
    bench.people(numbered(1, 2, 3, 4, 5))
    bench.given([Given(1, "ana@a.example"), Given(2, "ana@a.example")])
    bench.given([Given(who, "+311") for who in (1, 2, 3, 4)])
    assert {root for root, _ in bench.joined().values()} == {1} and len(bench.joined()) == 3
    bench.given([Given(5, "+311")])
    assert bench.joined() == {2: (1, "email")}
    assert bench.states("phone") == {"set aside: 4 persons share it"}


def test_a_clerk_who_orders_for_customers_joins_none_of_them(bench):
    """Profile 1 gave six e-mails on orders, so those are not its own; its profile's e-mail still is."""
    others = [2, 3, 4, 5, 6, 7]
    bench.people([*numbered(1, 8), *guests(*others)])
    rows = [Given(1, "clerk@a.example", "customer"), Given(8, "clerk@a.example", "customer")]
    for who in others:
        rows += [Given(1, f"p{who}@a.example"), Given(who, f"p{who}@a.example")]
    bench.given(rows)
    assert bench.joined() == {8: (1, "email")}
    assert "set aside: the profile gave more than 5 e-mails" in bench.states("email")


@pytest.mark.parametrize(
    ("address", "state"),
    [
        ("info@acme.example", "blocked: a role address"),
        ("no-reply@acme.example", "blocked: a role address"),
        ("ana@mailinator.com", "blocked: a domain for tests or throw-away addresses"),
        ("guest@guest.com", "blocked: an address nobody reads"),
        ("staff@our.example", "blocked: the shop's own domain"),
    ],
)
def test_addresses_that_are_nobodys_own_join_nobody(bench, address, state):
    from dataclasses import replace

    bench.people(numbered(1, 2))
    bench.given([Given(1, address, "customer"), Given(2, address, "customer")])
    assert bench.joined(replace(shipped(), own_domains=("our.example",))) == {}
    assert bench.states("email") == {state}


def test_a_relay_address_is_weak_and_joins_two_at_most(bench):
    bench.people(numbered(1, 2, 3))
    bench.given([Given(1, "x1@privaterelay.appleid.com"), Given(2, "x1@privaterelay.appleid.com")])
    assert bench.joined() == {2: (1, "relay")}
    bench.given([Given(3, "x1@privaterelay.appleid.com")])
    assert bench.joined() == {}


def test_the_same_card_joins_and_a_card_called_unknown_does_not(bench):
    bench.people(numbered(1, 2, 3, 4, 5, 6))
    bench.cards([("C-7", 1), ("c-7 ", 2), ("unknown", 3), ("UNKNOWN", 4), ("0000", 5), ("0000", 6)])
    assert bench.joined() == {2: (1, "loyalty")}
    assert bench.states("loyalty") == {None, "blocked: stands for no card or device"}


def test_shops_of_one_account_share_people_and_shops_of_two_never_do(bench):
    bench.clear()
    bench.shops({1: "acme", 2: "acme", 3: "rival"})
    bench.people([(1, 1, True), (2, 2, True), (3, 3, True)])
    rows = [Given(who, what) for who in (1, 2, 3) for what in ("ana@a.example", "+311")]
    bench.given(rows, {1: 1, 2: 2, 3: 3})
    assert bench.joined() == {2: (1, "email")}


# --- devices -------------------------------------------------------------------------------------


def test_a_guest_who_then_signs_in_on_the_same_device_is_that_account(bench):
    bench.people([*guests(1), *numbered(2)])
    bench.signed_in([("phone-a", 1, 0), ("phone-a", 2, 20)])
    assert bench.joined() == {2: (1, "device")}


def test_after_thirty_days_a_device_says_nothing(bench):
    bench.people([*guests(1), *numbered(2)])
    bench.signed_in([("phone-a", 1, 0), ("phone-a", 2, 31)])
    assert bench.joined() == {}


def test_two_accounts_on_one_device_are_two_people(bench):
    bench.people(numbered(1, 2))
    bench.signed_in([("laptop", 1, 0), ("laptop", 2, 1)])
    assert bench.joined() == {}
    assert bench.states("device") == {"set aside: signs in of different people"}


def test_the_tablet_in_the_shop_joins_nobody(bench):
    """Three guests and an account on one device within a month: whoever stands at the counter."""
    bench.people([*guests(1, 2, 3), *numbered(4)])
    bench.signed_in([("ipad", who, who) for who in (1, 2, 3, 4)])
    assert bench.joined() == {}
    assert bench.states("device") == {"set aside: more than 2 persons within 30 days"}


def test_a_guest_beside_two_accounts_may_be_either_and_joins_none(bench):
    bench.people([*guests(1), *numbered(2, 3)])
    bench.signed_in([("a", 1, 0), ("a", 2, 1), ("b", 1, 0), ("b", 3, 1)])
    assert bench.joined() == {}


def test_a_device_without_a_name_is_no_device(bench):
    bench.people([*guests(1), *numbered(2)])
    bench.signed_in([("anonymous", 1, 0), ("anonymous", 2, 1)])
    assert bench.joined() == {}


# --- what people decide --------------------------------------------------------------------------


def test_two_held_apart_stay_apart_though_a_third_ties_them(bench):
    """1 – 3 by one e-mail, 2 – 3 by another, and 1 and 2 by a third: 3 stays with the older."""
    bench.people(numbered(1, 2, 3))
    bench.given([Given(1, "a@a.example"), Given(3, "a@a.example"), Given(2, "b@a.example"), Given(3, "b@a.example")])
    bench.given([Given(1, "c@a.example"), Given(2, "c@a.example")])
    assert set(bench.joined()) == {2, 3}
    assert bench.joined(apart=[(1, 2)]) == {3: (1, "email")}


def test_an_identifier_that_does_not_count_leaves_the_others_as_they_are(bench):
    bench.people(numbered(1, 2, 3))
    bench.given([Given(1, "a@a.example"), Given(2, "a@a.example"), Given(2, "+311"), Given(3, "+311")])
    assert bench.joined(ignored=[("email", salted("a@a.example"))]) == {3: (2, "phone")}


def test_whom_a_person_joins_are_one_without_any_evidence(bench):
    bench.people(numbered(1, 2))
    assert bench.joined(together=[(1, 2)]) == {2: (1, "decided")}


def test_evidence_switched_off_in_the_settings_joins_nobody(bench):
    from dataclasses import replace

    bench.people(numbered(1, 2))
    bench.given([Given(1, "+311"), Given(2, "+311")])
    assert bench.joined(replace(shipped(), merge=shipped().merge - {"phone"})) == {}
    assert bench.states("phone") == {"switched off"}


# --- laws ------------------------------------------------------------------------------------------

WHO = st.integers(1, 9)
WHAT = st.sampled_from(["a@a.example", "b@a.example", "c@a.example", "d@a.example", "+311", "+312", "+313"])
rows = st.lists(
    st.builds(Given, WHO, WHAT, st.sampled_from(["order", "customer", "ticket"])),
    max_size=22,
    unique_by=lambda g: (g.who, g.what, g.seen_in),
)
law = drawn(12, 25, suppress_health_check=[HealthCheck.function_scoped_fixture])


def fill(bench, evidence, flags):
    bench.clear()
    bench.shops({1: "account"})
    bench.people([(who, 1, flag) for who, flag in flags.items()])
    bench.given(evidence)


flags = st.lists(st.booleans(), min_size=9, max_size=9).map(lambda said: dict(enumerate(said, start=1)))


@law
@given(evidence=rows, flags=flags)
def test_it_joins_whom_the_plain_count_joins(bench, evidence, flags):
    """The oracle looks at one identifier at a time and walks the edges; limits are set low so that they bite."""
    fill(bench, evidence, flags)
    found = bench.joined(limits(email_numbers=2, phone_persons=2))
    assert {who: root for who, (root, _) in found.items()} == expected(flags, evidence, 2, 2)


@law
@given(evidence=rows, flags=flags, order=st.randoms(use_true_random=False))
def test_the_order_of_the_evidence_changes_nothing(bench, evidence, flags, order):
    fill(bench, evidence, flags)
    first = bench.joined()
    shuffled = list(evidence)
    order.shuffle(shuffled)
    fill(bench, shuffled, flags)
    assert bench.joined() == first


@law
@given(evidence=rows, flags=flags, pair=st.tuples(WHO, WHO).filter(lambda p: p[0] < p[1]))
def test_a_merge_taken_back_leaves_everything_as_it_was(bench, evidence, flags, pair):
    fill(bench, evidence, flags)
    before = bench.joined()
    merged = bench.joined(together=[pair])
    assert {merged.get(who, (who, ""))[0] for who in pair} == {min(merged.get(who, (who, ""))[0] for who in pair)}
    assert bench.joined() == before


@law
@given(evidence=rows, flags=flags, pair=st.tuples(WHO, WHO).filter(lambda p: p[0] < p[1]))
def test_two_held_apart_are_never_one_and_taking_that_back_restores_all(bench, evidence, flags, pair):
    fill(bench, evidence, flags)
    before = bench.joined()
    torn = bench.joined(apart=[pair])
    a, b = (torn.get(who, (who, ""))[0] for who in pair)
    assert a != b
    whole = {who: before.get(who, (who, ""))[0] for who in flags}
    assert all(whole[who] == whole[root] for who, (root, _) in torn.items())  # nobody came together because of it
    assert bench.joined() == before
