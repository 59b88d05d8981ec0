"""The help desk: tickets, what was said on them and how their status moved, and when somebody was there."""

from holdfast.warehouse.tables.declare import Column, Table

STATUSES = ("new", "open", "pending", "hold", "solved", "closed", "deleted")
_STATUS_WORDS = {
    "on-hold": "hold", "on hold": "hold", "on_hold": "hold", "waiting": "pending", "awaiting user info": "pending",
    "awaiting problem": "hold", "awaiting vendor": "hold", "awaiting evidence": "hold", "snoozed": "pending",
    "active": "open", "in progress": "open", "in_progress": "open", "reopened": "open", "resolved": "solved",
    "spam": "deleted", "trash": "deleted", "archived": "closed",
}  # fmt: skip
ROLES = ("requester", "agent", "bot", "system")
_ROLE_WORDS = {
    "customer": "requester", "user": "requester", "end-user": "requester", "end_user": "requester", "lead": "requester",
    "contact": "requester", "admin": "agent", "operator": "agent", "automation": "system", "trigger": "system",
}  # fmt: skip

TICKET = Table(
    name="ticket",
    owner="ticket",
    grain="one row per request for help",
    key=("ticket_id",),
    plain=True,
    rows="tickets",
    needs=(("ticket_id",), ("created_at",)),
    marks=("ticket_id", "priority", "requester", "solved_at", "closed_at", "merged_into", "opened_by"),
    dated="created_at",
    steady=True,
    columns=(
        Column("ticket_id", "key", "surrogate key", required=True, names="ticket"),
        Column("shop_id", "int", "the shop", required=True),
        Column("customer_id", "key", "who asks; null when unknown", names="customer"),
        Column("account_id", "key", "the account they ask for", names="account"),
        Column("order_id", "key", "the order it is about, where the desk knows", names="order"),
        Column("ticket_number", "id", "the number people use"),
        Column("created_at", "moment", "when it was opened, UTC", required=True),
        Column("channel", "word", "e-mail, chat, phone, form …"),
        Column("status", "word", "where it stands now", one_of=STATUSES, also=_STATUS_WORDS),
        Column("priority", "word", "as the desk writes it"),
        Column("severity", "word", "critical, high, medium or low, where the desk grades it"),
        Column("type", "word", "question, incident, return …"),
        Column("opened_by", "word", "who opened it; an agent's own ticket is answered by its second comment",
               one_of=ROLES, also=_ROLE_WORDS),
        Column("first_reply_at", "moment", "first public answer of a person as the desk says, where no comments come"),
        Column("solved_at", "moment", "last solved, as the desk says, where no history comes, UTC"),
        Column("closed_at", "moment", "closed, UTC"),
        Column("auto_closed", "flag", "closed because nobody wrote any more; no solution unless confirmed"),
        Column("confirmed", "flag", "the requester confirmed that it is solved"),
        Column("reopened_count", "int", "how often it was opened again, as the desk says", between=(0, 1e6)),
        Column("escalated_at", "moment", "handed on to a person or to a higher level, UTC"),
        Column("in_time", "flag", "kept the time its desk had promised, as the desk says; for parity only"),
        Column("automated", "flag", "handled end to end without a person"),
        Column("eligible_for_automation", "flag", "could have been handled without a person"),
        Column("handling_minutes", "quantity", "minutes of people's work", between=(0, 1e7)),
        Column("merged_into", "id", "number of the ticket it was merged into"),
        Column("is_spam", "flag", "spam"),
        Column("is_test", "flag", "a test"),
        Column("assignee", "id", "the agent's number, never a name"),
        Column("team", "text", "the group it is with"),
        Column("schedule_id", "key", "the business hours that apply; the shop's only schedule when empty",
               names="schedule"),
        Column("tags", "text", "tags, comma separated"),
    ),
)  # fmt: skip

TICKET_COMMENT = Table(
    name="ticket_comment",
    owner="ticket_comment",
    grain="one row per thing said on a ticket; what was said stays in the help desk",
    key=("ticket_comment_id",),
    plain=True,
    rows="ticket comments",
    needs=(("ticket_id",), ("created_at",), ("author_role",)),
    marks=("author_role", "public", "ticket_comment_id"),
    dated="created_at",
    columns=(
        Column("ticket_comment_id", "key", "surrogate key", required=True, names="ticket_comment"),
        Column("shop_id", "int", "the shop", required=True),
        Column("ticket_id", "key", "the ticket", required=True, names="ticket"),
        Column("created_at", "moment", "when, UTC", required=True),
        Column("public", "flag", "the requester can read it; taken as true when empty"),
        Column("author_role", "word", "who wrote it", required=True, one_of=ROLES, also=_ROLE_WORDS),
        Column("author", "id", "the writer's number, never a name"),
    ),
)

TICKET_STATUS_HISTORY = Table(
    name="ticket_status_history",
    grain="one row per change of a ticket's status",
    key=("ticket_id", "changed_at", "status"),
    plain=True,
    rows="ticket status changes",
    needs=(("ticket_id",), ("changed_at",), ("status",)),
    marks=("changed_at", "changed_by_role"),
    dated="changed_at",
    columns=(
        Column("ticket_id", "key", "the ticket", required=True, names="ticket"),
        Column("changed_at", "moment", "when, UTC", required=True),
        Column("status", "word", "the status it then had", required=True, one_of=STATUSES, also=_STATUS_WORDS),
        Column("shop_id", "int", "the shop", required=True),
        Column("changed_by_role", "word", "who changed it", one_of=ROLES, also=_ROLE_WORDS),
        Column("step", "int", "order among changes of one moment, where the source numbers them"),
    ),
)

SCHEDULE = Table(
    name="schedule",
    grain="one row per opening of a weekly schedule of business hours, by the schedule's own clock",
    key=("schedule_id", "weekday", "opens_minute"),
    plain=True,
    rows="business hours",
    needs=(("weekday",), ("opens_minute",), ("closes_minute",)),
    marks=("opens_minute", "closes_minute"),
    rising=(("opens_minute", "closes_minute"),),
    columns=(
        Column("schedule_id", "key", "the schedule", required=True, names="schedule", default="standard"),
        Column("weekday", "int", "1 Monday … 7 Sunday", required=True, between=(1, 7)),
        Column("opens_minute", "int", "minutes after midnight", required=True, between=(0, 1440)),
        Column("shop_id", "int", "the shop", required=True),
        Column("closes_minute", "int", "minutes after midnight, 1440 at its end", required=True, between=(0, 1440)),
        Column("zone", "zone", "IANA zone of the clock; the shop's when empty"),
    ),
)

SCHEDULE_HOLIDAY = Table(
    name="schedule_holiday",
    grain="one row per day on which a schedule is closed",
    key=("schedule_id", "closed_on"),
    plain=True,
    rows="holidays of business hours",
    needs=(("closed_on",),),
    marks=("closed_on",),
    columns=(
        Column("schedule_id", "key", "the schedule", required=True, names="schedule", default="standard"),
        Column("closed_on", "day", "the day by the schedule's clock", required=True),
        Column("shop_id", "int", "the shop", required=True),
        Column("holiday", "text", "what it is called"),
    ),
)
