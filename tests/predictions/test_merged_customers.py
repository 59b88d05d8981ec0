"""A profile that became part of a person is found by the number it had."""

from __future__ import annotations

from holdfast.metrics.drill import opened
from holdfast.predictions.customers import customer


def test_who_was_merged_away_is_found_by_the_old_number_and_led_to_who_remains(saltmarsh_folder):
    """k1 and k2 wrote from one e-mail: one person, whatever they are asked for by."""
    home = saltmarsh_folder("identity")
    first, second = (customer(home, number) for number in ("k1", "k2"))
    assert first == second and first.occasions >= 1
    with opened(home) as (connection, _):
        profiles = connection.execute(
            "SELECT customer_id FROM customer_profile WHERE customer_number = 'k1'"
        ).fetchall()
    assert customer(home, f"#{profiles[0][0]}").customer_id == first.customer_id
