"""How much work the touchpoint rules ask for in a week, and when an account has not been spoken to as was promised."""

from __future__ import annotations

from holdfast.accounts.decide.due import RED, TALKS, Rule, Rules

TOUCHPOINTS_A_WEEK = 15  # decision 0098: what a person can hold where nobody said how many; three a day
WEEK_DAYS = 7


def asked_a_week(known: Rules, tier: str, stage: str, *, red: bool = False) -> float:
    """Touchpoints a week that one account asks for while it stays as it is; 0 where the rules plan none."""
    return sum(WEEK_DAYS / every for rule in _rules(known, tier, stage, red=red) if (every := _every(rule)))


def silent_after(known: Rules, tier: str, stage: str) -> float | None:
    """Days without a talk after which an account has not been spoken to as its tier's rule says; None: it says nothing.

    A written update is no talk, and so the weekly one of a red account counts for nothing here.
    """
    talks = [_every(rule) for rule in _rules(known, tier, stage) if rule.kind in TALKS]
    return min((every for every in talks if every), default=None)


def _rules(known: Rules, tier: str, stage: str, *, red: bool = False) -> list[Rule]:
    """The strands that concern such an account, as `due` has them."""
    if stage == "left":
        return []
    usual = ("onboarding",) if stage == "onboarding" else ("steady", "review")
    strands = known.tiers.get(tier, {})
    return [strands[name] for name in (*usual, *((RED,) if red else ())) if name in strands]


def _every(rule: Rule) -> float:
    """Days between two; 0 where none is planned."""
    if rule.hold:
        return 0
    return rule.within_days / rule.times if rule.times else rule.every_days
