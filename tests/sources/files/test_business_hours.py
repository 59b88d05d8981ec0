"""Business hours that cannot be are put aside with what to write instead."""

HEAD = "schedule id,weekday,opens minute,closes minute,zone\n"


def test_an_opening_over_midnight_and_a_zone_nobody_knows_are_put_aside(staging):
    rows = "night,1,1320,360,\nday,2,540,540,\nday,3,540,1020,Europe/Haarlem\nday,4,540,1020,Europe/Amsterdam\nday,5,0,1440,\n"
    result = staging({"business_hours.csv": HEAD + rows})
    assert result.rejects() == [
        ("business_hours.csv", 2, "closes minute", "360"),
        ("business_hours.csv", 3, "closes minute", "540"),
        ("business_hours.csv", 4, "zone", "Europe/Haarlem"),
    ]
    assert result.rows("SELECT weekday, zone FROM stage_schedule ORDER BY 1") == [(4, "Europe/Amsterdam"), (5, None)]
    (why,) = result.one("SELECT reason FROM stage_reject WHERE line = 2")
    assert why == "not after opens minute; write an opening over midnight as two rows"


def test_a_log_of_updates_becomes_tickets_and_changes_of_status(staging):
    """Order is the file's: in the same minute the ticket was solved before it came back."""
    log = (
        "ticket id,created at,changed at,status,priority,solved at\n"
        "a,2026-01-05 10:00,2026-01-05 10:00,new,low,\n"
        "a,2026-01-05 10:00,2026-01-05 11:00,new,high,\n"
        "a,2026-01-05 10:00,2026-01-05 12:00,resolved,high,2026-01-05 12:00\n"
        "a,2026-01-05 10:00,2026-01-05 12:00,open,,\n"
        "b,2026-01-05 10:00,2026-01-05 12:00,lost,,\n"
        "b,2026-01-05 10:00,2026-01-05 13:00,closed,,\n"
    )
    fields = ("ticket_id", "created_at", "changed_at", "status", "priority", "solved_at")
    toml = 'name = "log"\n[format]\nzone = "UTC"\n[ticket_updates]\n' + "\n".join(
        f'{field} = "{field.replace("_", " ")}"' for field in fields
    )
    result = staging({"log.csv": log}, toml)
    assert result.rejects() == [("log.csv", 6, "status", "lost")]
    assert result.rows("SELECT ticket_source, status, priority, solved_at IS NULL FROM stage_ticket ORDER BY 1") == [
        ("a", "open", "high", False),
        ("b", "closed", None, True),
    ]
    found = result.rows(
        "SELECT ticket_source, status, step, strftime(changed_at, '%H:%M') FROM stage_ticket_status_history ORDER BY 1, 3"
    )
    assert found == [
        ("a", "new", 1, "10:00"),
        ("a", "solved", 2, "12:00"),
        ("a", "open", 3, "12:00"),
        ("b", "closed", 1, "13:00"),
    ]
