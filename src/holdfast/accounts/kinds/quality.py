"""How we keep our own work straight: calibration, checklists with drills, and the bank of questions."""

from holdfast.accounts.kinds.declare import TO_DO, WRITTEN, Kind, Machine, Move, Part, State
from holdfast.accounts.kinds.fields import Field
from holdfast.accounts.kinds.needs import Filled, Lately, Lines, Owned, Raters, Told

DRILLED = 180  # days that a drill holds

QUESTION = Kind(
    "A03", "Discovery question", "Which questions give us something to plan with?",
    fields=(
        Field("persona", "Whom", "The part of the house it is asked of"),
        Field("text", "Question", "", "prose"),
        Field("why", "Why", "What we do with the answer", "prose"),
        Field("good_answer", "A good answer", "", "prose"),
        Field("red_flag", "Red flag", "An answer that should worry us", "prose"),
        Field("follow_up", "Then ask", "", "prose"),
        Field("feeds", "Feeds", "The kind and field it fills, such as A02.strategy"),
        Field("metric", "Metric", "", "metric"),
        Field("objection", "Objection", "What they may say against it, and the card that answers", "prose"),
    ),
    machine=Machine(
        (State("candidate", "Candidate"), State("used", "Used"), State("kept", "Kept", done=True),
         State("retired", "Retired", done=True)),
        (Move("candidate", "used", needs=(Told("asked", "nobody has asked it yet"),)), Move("candidate", "retired"),
         Move("used", "kept"), Move("used", "retired"), Move("kept", "retired"), Move("kept", "used"),
         Move("retired", "used")),
    ),
    owner="whoever keeps the library; answers are recorded where they are heard", scope="house", review_days=180,
    need="note", useful="answers become fields of a plan", theatre="they are questioned and nobody uses it",
)  # fmt: skip

CALIBRATION = Kind(
    "A10", "Calibration checklist", "Do two of us call the same work good?",
    fields=(
        Field("of_kind", "Of which kind", "Such as A02"),
        Field("good", "What good means", "", "prose"),
        Field("example", "An example", "", "prose"),
        Field("counter_example", "A counter-example", "", "prose"),
        Field("failures", "How it goes wrong", "The usual ways, one a line", "texts"),
        Field("checks", "Before it goes out", "What to check, one a line", "texts"),
        Field("rubric", "Scores", "What 1, 2, 3 and 4 mean", "prose"),
        Field("disagreed", "Where they differed", "And what was changed in the rubric", "prose"),
    ),
    parts=(Part("sample", "Samples", (Field("where", "Where it is", "Its address or title"),), WRITTEN, owned=False),),
    machine=Machine(
        (State("draft", "Draft"), State("scoring", "Being scored blind", locked=True), State("compared", "Compared"),
         State("in_use", "In use", done=True, decides=True)),
        (Move("draft", "scoring", needs=(Owned(), Filled(("good", "example", "counter_example", "rubric")),
                                         Lines("sample"))),
         Move("scoring", "compared", needs=(Raters(),)),
         Move("compared", "in_use", needs=(Filled(("disagreed",)),)),
         Move("compared", "draft"), Move("in_use", "draft")),
    ),
    owner="whoever keeps the library", scope="book", review_days=180,
    useful="it finds that two of us disagree", theatre="boxes are ticked",
)  # fmt: skip

PROCEDURE = Kind(
    "A17", "Checklist", "What do we do each time, and did we try it?",
    fields=(
        Field("exceptions", "Exceptions", "When it is done otherwise", "texts"),
        Field("stop", "Stop when", "What makes one stop at once", "texts"),
        Field("escalate_to", "Then call", "Who is called, in which order", "texts"),
        Field("in_peak", "In the peak season", "What is different then", "prose"),
        Field("drilled_on", "Drilled on", "The day it was last tried for real", "day"),
        Field("drill_showed", "The drill showed", "", "prose"),
    ),
    parts=(Part("step", "Steps", (), WRITTEN, owned=False), Part("mend", "To mend", (), TO_DO)),
    machine=Machine(
        (State("active", "Active"), State("drilled", "Drilled", done=True, decides=True),
         State("retired", "Retired", final=True, locked=True)),
        (Move("active", "drilled", needs=(Owned(), Lines("step"), Filled(("stop", "escalate_to", "drill_showed")),
                                          Lately("drilled_on", DRILLED))),
         Move("drilled", "active"), Move("active", "retired"), Move("drilled", "retired")),
    ),
    owner="whoever owns the process", scope="book", review_days=DRILLED, expires_days=DRILLED, expires_in="drilled",
    useful="somebody has drilled it", theatre="nobody has opened it since it was written",
)  # fmt: skip
