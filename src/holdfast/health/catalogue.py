"""Every input that a scorecard may name: what it reads, of whom, and what is missing where it cannot be read.

A scorecard (a file) says how much an input weighs and what its values are worth; this says what the input is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from holdfast.health.subject import Kind

Scale = Literal["share", "relative_change", "ratio", "count", "mean_1_5", "points", "money", "yes"]
_EVERYBODY: tuple[Kind, ...] = ("account", "company", "customer")
_BUSINESS: tuple[Kind, ...] = ("account", "company")
_PEOPLE: tuple[Kind, ...] = ("account", "customer")  # whose company is not told


@dataclass(frozen=True, slots=True)
class Input:
    """asks: what it says, as a question. of: whose it can be. scales: of what its value is, where kinds differ.

    metric: the published metric that is read for an account; empty: the rows of its customers are added up.
    version: goes up when the same facts would give another value.
    """

    id: str
    name: str
    asks: str
    of: tuple[Kind, ...]
    scale: Scale
    metric: str = ""
    scale_of_accounts: Scale | None = None
    version: int = 1

    def scale_for(self, kind: Kind) -> Scale:
        return self.scale_of_accounts or self.scale if kind == "account" else self.scale


_ALL = (
    # behaviour and adoption
    Input("recency", "Days since the last purchase ÷ own usual gap", "Is the next purchase overdue?", _EVERYBODY,
          "ratio", scale_of_accounts="share"),
    Input("frequency_trend", "Purchases of the last half year against the half year before", "Do they buy less often?",
          _EVERYBODY, "relative_change", "active_customers"),
    Input("capability_use", "Key capabilities in use", "Do they use what makes them stay?", _EVERYBODY, "share",
          "feature_adoption"),
    Input("integrated_orders", "Orders through an integration", "Are their systems connected?", _BUSINESS, "share",
          "integrated_order_share"),
    # outcomes
    Input("verified_outcomes", "Outcomes that the customer confirmed, of those due", "Did they get what they came for?",
          _BUSINESS, "share", "verified_outcomes"),
    Input("target_progress", "Progress to the targets agreed", "Are they on the way?", _BUSINESS, "share"),
    # financial
    Input("payment_failures", "Invoices that were not paid in time", "Do their payments fail?", _EVERYBODY, "share"),
    Input("discount_dependence", "Merchandise value given away as discounts", "Do they buy at full prices?", _EVERYBODY,
          "share"),
    Input("refund_share", "Merchandise that went back", "Do they keep what they buy?", _EVERYBODY, "share",
          "refund_share"),
    Input("disputes", "Disputed payments", "Do they dispute payments?", _EVERYBODY, "share"),
    Input("mrr_trend", "Recurring revenue against 90 days before", "Do they pay more or less a month?", _EVERYBODY,
          "relative_change", "monthly_recurring_revenue"),
    Input("margin", "Contribution per customer", "Is anything left after their costs?", ("account",), "money",
          "contribution_per_customer"),
    # support
    Input("late_tickets", "Tickets open for more than three days, of those of 90 days", "Do they wait for help?",
          _EVERYBODY, "share"),
    Input("reopened_tickets", "Solved tickets that came back", "Do solutions hold?", _EVERYBODY, "share",
          "reopen_rate"),
    Input("severe_tickets", "Tickets of high or critical severity", "How bad is their trouble?", _EVERYBODY, "share"),
    # sentiment
    Input("satisfaction", "Newest word on satisfaction", "Are they satisfied?", _EVERYBODY, "mean_1_5"),
    Input("effort", "Newest word on effort, 0 hard … 1 easy", "Is it easy for them?", _EVERYBODY, "share"),
    Input("recommending", "Newest word on recommending", "Would they recommend the shop?", _EVERYBODY, "points"),
    # relationship
    Input("champion", "A champion is there", "Does somebody there stand up for us?", _BUSINESS, "yes"),
    Input("threads", "People who speak with us", "Does it hang on one person?", _BUSINESS, "count"),
    Input("sponsor_contact", "Days since the sponsor was spoken to", "Is the sponsor still with us?", _BUSINESS,
          "count"),
    Input("next_step", "A next step is agreed", "Is it clear what comes next?", _BUSINESS, "yes"),
    # messages
    Input("message_clicks", "Messages that somebody clicked", "Do they react to what is sent?", _PEOPLE, "share"),
    Input("opt_outs", "Unsubscribed or complained", "Do they still want to hear from the shop?", _PEOPLE,
          "share"),
    # foretold
    Input("at_stake", "A year's merchandise at stake: chance of leaving × what each customer bought",
          "How much would leave with its customers?", ("account",), "share"),
    Input("still_to_come", "What its customers are expected to bring in a year, beside what they brought in the last",
          "How much of the last year will today's customers bring again?", ("account",), "ratio"),
    # shown only
    Input("ticket_count", "Tickets of 90 days", "How often do they ask for help?", _EVERYBODY, "count"),
    Input("meetings_held", "Meetings held in 90 days", "How often was somebody met?", _BUSINESS, "count"),
    Input("documents", "Documents written", "How much was written?", _BUSINESS, "count"),
    Input("certificates", "Certificates earned", "How many were certified?", _BUSINESS, "count"),
    Input("our_impression", "What the owner of the account thinks", "How does it feel?", _BUSINESS, "share"),
)  # fmt: skip

INPUTS: Mapping[str, Input] = {one.id: one for one in _ALL}
# What nobody may give points for: 5.3, and why the design refuses theatre.
SHOWN_ONLY = ("ticket_count", "meetings_held", "documents", "certificates", "our_impression")
