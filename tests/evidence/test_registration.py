"""What is declared before a comparison begins, and what it may not be."""

import pytest

from holdfast.evidence.registration import RegistrationProblem, read_registration

GOOD = """
id = "welcome"
name = "Welcome series"
hypothesis = "Who is welcomed buys again sooner."
owner = "Ada"
shop = "Saltmarsh"
held_out = 0.2
days = 60
planned = 400
[outcome]
metric = "M63"
"""


def test_a_declaration_names_its_metric_as_people_do_and_says_what_it_reads():
    it = read_registration(GOOD)
    assert it.outcome.metric == "net_revenue"
    assert it.outcome.said == "net merchandise per customer assigned"
    assert it.covariate_days == 180


@pytest.mark.parametrize(
    ("was", "now", "said"),
    [
        ("days = 60", "days = 3", "horizon"),
        ("held_out = 0.2", "held_out = 0", "kept aside"),
        ('id = "welcome"', 'id = "../x"', "small letters"),
        ('"M63"', '"M18"', "days after somebody's own day"),
        ('"M63"', '"M999"', "no metric"),
        ("planned = 400", "", "planned"),
        ("planned = 400", "planned = 400\nsalt = 'mine'", "nobody knows salt"),
        ("planned = 400", "planned = 400\nclaims = 'M42'", "per any"),
        ("planned = 400", "planned = 400\nsegments = ['a', 'b', 'c', 'd']", "at most 3"),
        ('metric = "M63"', 'metric = "M63"\n[[guardrails]]\nmetric = "M60"\nper = "own"', "tolerance"),
        ('metric = "M63"', 'metric = "M63"\nper = "visitor"', "per is one of"),
        ("[outcome]", "[outcome", "no TOML"),
    ],
)
def test_what_cannot_be_declared_is_said_in_a_sentence(was, now, said):
    with pytest.raises(RegistrationProblem, match=said):
        read_registration(GOOD.replace(was, now))
