"""The questions a bank starts with. The house adds its own, keeps those that pay and retires the others."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Starting:
    """A question as the bank begins with it; the fields of the kind A03. feeds: kind and field, "A02.strategy"."""

    slug: str
    persona: str
    text: str
    why: str
    good_answer: str
    red_flag: str
    feeds: str
    follow_up: str = ""

    @property
    def fields(self) -> dict[str, str]:
        names = ("why", "good_answer", "red_flag", "feeds", "follow_up")
        return {name: getattr(self, name) for name in names if getattr(self, name)}


GROWTH, OPERATIONS, FINANCE, DATA = "Growth or marketing", "Operations", "Finance", "IT or data"
SERVICE, SECURITY, PROCUREMENT, SPONSOR = (
    "Customer service",
    "Security or compliance",
    "Procurement",
    "Executive sponsor",
)

STARTING = (
    Starting("number-reported-up", GROWTH, "Which one number do you show to the people above you, and what counts?",
             "Our plan has to move the number they are judged by, counted their way.",
             "one number, with what is left out of it", "only opened mails or returns on advertising", "A02.strategy",
             "Who else counts it, and do they get the same?"),
    Starting("growth-from-returning", GROWTH, "How much of last year's growth came from people who had bought before?",
             "Says whether winning or keeping is the problem.", "a share, and how it was counted",
             "nobody has looked", "A09.goals"),
    Starting("stopped-and-why", GROWTH, "What did you give up because it did not work, and how could you tell?",
             "Shows how proof is handled there.", "something dropped after a comparison with people left out",
             "nothing was ever held back from anybody", "A21.design"),
    Starting("targets-how-long", GROWTH, "How long has the present target stood, and what was it before?",
             "A target that moves every month measures nothing.", "a year or more, with a reason for the last change",
             "a new target each month", "A02.highlights"),
    Starting("peak-orders-hour", OPERATIONS, "How many orders an hour come in at your peak, and how many can go out?",
             "The gap is where promises break.", "two numbers of the same week",
             "it has always worked out somehow", "A25.capacity"),
    Starting("late-three-causes", OPERATIONS, "What are the three commonest reasons a parcel is late?",
             "Late parcels cost second orders.", "three causes with shares", "we mend it by hand each time",
             "A13.constraints", "Which of them could you stop this month?"),
    Starting("stock-out-to-page", OPERATIONS, "When something runs out, how soon does its page know, and from whom?",
             "Selling what is not there is a promise broken.", "one system, and minutes",
             "two systems that both think they know", "A13.constraints"),
    Starting("margin-per-order", FINANCE, "What is left of an order after goods, returns, shipping and fees?",
             "Revenue alone makes every idea look good.", "a number per order, and what is missing in it",
             "nobody knows the margin", "A09.constraints"),
    Starting("costs-not-in-shop", FINANCE, "Which costs does the shop system never see?",
             "What we work out from its data is wrong by these.", "a list with sizes", "none that we know of",
             "A09.constraints"),
    Starting("money-in-year", FINANCE, "When is the budget made, and who can move money between two of them?",
             "Decides when a decision can fall.", "a month, and a name", "it depends", "A07.budget"),
    Starting("identity-decided", DATA, "Where is it decided that two orders are from the same person?",
             "Every number about returning buyers rests on it.", "one place, with its rule",
             "orders without an account cannot be joined", "A13.constraints"),
    Starting("field-change-breaks", DATA, "What breaks when somebody renames a field?",
             "Says how carefully we have to tread.", "a list, and who is told first", "everybody has the same login",
             "A13.smallest_change"),
    Starting("freeze-dates", DATA, "Between which days may nothing be changed?",
             "A plan that needs a change in a freeze is no plan.", "days, for each market", "nobody has fixed them",
             "A25.peaks"),
    Starting("test-apart-from-live", DATA, "Where can one try something without a customer seeing it?",
             "Says what we can try and where.", "a copy with data like the real ones", "there is only the live shop",
             "A13.smallest_change"),
    Starting("asked-twice", SERVICE, "What do customers have to ask a second time?",
             "The first answer did not help.", "two or three subjects with counts", "we do not read old tickets",
             "A09.goals"),
    Starting("why-reopened", SERVICE, "Why are tickets opened again?", "Says what is called solved and is not.",
             "causes with shares", "tickets close by themselves after some days", "A13.constraints"),
    Starting("promises-not-kept", SERVICE, "What does the site promise that you cannot keep?",
             "The cheapest thing to mend.", "a sentence of the site, and what happens instead",
             "one inbox, and nobody knows", "A09.risks", "Who could change that sentence?"),
    Starting("evidence-mandatory", SECURITY, "Which proof must you have to agree, in which form, and who signs?",
             "The rest can wait.", "a list, and a name", "send everything you have", "A23.mandatory"),
    Starting("data-where-how-long", SECURITY, "Where may the data lie, for how long, and who may work on them for us?",
             "Decides what can be offered at all.", "countries, months, a list of firms", "nobody is named to say",
             "A23.mandatory"),
    Starting("last-finding", SECURITY, "What did the last audit find, and what came of it?",
             "Shows what they will look for.", "a finding that was closed, with its day", "there never was a finding",
             "A23.mandatory"),
    Starting("integration-by-when", PROCUREMENT, "Which connection to your ordering do you need, and by which day?",
             "It takes longer than anything else.", "a name and a day", "we will see later", "A01.deciding"),
    Starting("approval-steps", PROCUREMENT, "Who has to say yes, in which order, and up to what sum?",
             "The steps of the decision are steps of the plan.", "names and sums", "nobody can say who approves",
             "A01.approvers", "Which of them has been slowest of late?"),
    Starting("approver-away", PROCUREMENT, "What happens when the one who approves is away?",
             "Most plans stall on a holiday.", "a deputy, by name", "then it waits", "A01.otherwise"),
    Starting("result-in-12-months", SPONSOR, "What has to be true in a year for this to have been the right decision?",
             "It is the objective, in their words.", "a result they could see without us",
             "nobody at the top has put a name to it", "A02.strategy"),
    Starting("would-make-you-stop", SPONSOR, "What would make you stop?", "A plan without a way to stop is a wish.",
             "a number and a day", "nothing could", "A21.stop_when"),
)  # fmt: skip
