"""A story for a copy that leaves the house: without names, without amounts, or without both. The profiles are those of
other work objects; what cannot be shown without what it hides, such as a chart of money, is left out and said to be."""

from __future__ import annotations

from dataclasses import is_dataclass, replace
from typing import Any, cast

from holdfast.accounts.decide.blackening import AMOUNT, NAME, blackened_text, hides_money, hides_names
from holdfast.reviews.figure import Figure, Footnote
from holdfast.reviews.story import Against, Months, Own, Page, Step, Story, Waterfall, Words, mapped

PROFILES = {"nothing": "Nothing", "names": "Names", "money": "Money", "both": "Names and money"}
SHORTEST_PART = 3  # letters of a first or last name that is blackened alone too
# What of a part people read, beside what stands in tuples; the rest is what it is found by.
READ: dict[type, tuple[str, ...]] = {
    Own: ("label", "text"),
    Against: ("label", "target"),
    Step: ("label",),
    Months: ("name",),
    Waterfall: ("name",),
    Page: ("title",),
    Story: ("account", "title"),
}


def withhold(story: Story, profile: str) -> Story:
    """The same story without what the profile hides: in figures, charts, footnotes, words, and its own lists of names.

    An amount without a currency beside it cannot be told from another number and stays. Raises KeyError for a profile
    that there is not.
    """
    if profile not in PROFILES:
        raise KeyError(profile)
    if profile == "nothing":
        return story
    names = _names(story)

    def black(part: Any) -> Any:
        if isinstance(part, tuple):
            return tuple(blackened_text(one, names, profile) if isinstance(one, str) else one for one in part)
        if not is_dataclass(part):
            return part
        if hides_money(profile):
            part = _without_money(part)
        if hides_names(profile) and isinstance(part, Footnote):
            return replace(part, scope=NAME, address="")  # its address says whose numbers they are
        read = {name: blackened_text(getattr(part, name), names, profile) for name in READ.get(type(part), ())}
        return replace(part, **read)

    bare = replace(story, people=(), places=()) if hides_names(profile) else story
    return replace(cast(Story, mapped(bare, black)), withheld=profile)


def _names(story: Story) -> tuple[str, ...]:
    parts = {part for name in story.people for part in name.split() if len(part) >= SHORTEST_PART}
    return (*story.people, *story.places, *sorted(parts))


def _without_money(part: Any) -> Any:
    match part:
        case Figure(scale="money"):
            return Figure(AMOUNT, part.note, part.scale)
        case Footnote(money=True):
            return replace(part, interval=AMOUNT)
        case Months() if part.money:
            return Words((f"{part.name}, month by month: ", part.points[-1], "."))
        case Waterfall():
            return Words((f"{part.name}: ", part.steps[-1].figure, "."))
    return part
