"""Every kind of work object, by its id."""

from __future__ import annotations

from holdfast.accounts.kinds.deciding import CONFLICT, DECISION, TRADE_OFF, VALUE_HYPOTHESIS
from holdfast.accounts.kinds.declare import Kind
from holdfast.accounts.kinds.keeping import BUSINESS_REVIEW, PIPELINE_REVIEW, RENEWAL_PLAN, STAKEHOLDER_MAP
from holdfast.accounts.kinds.plans import ACCOUNT_PLAN, MUTUAL_ACTION_PLAN, SUCCESS_PLAN
from holdfast.accounts.kinds.quality import CALIBRATION, PROCEDURE, QUESTION
from holdfast.accounts.kinds.starting import HAND_OVER, ONBOARDING_PLAN
from holdfast.accounts.kinds.stories import BEFORE_AFTER, CASE_STUDY, DEBRIEF, REFERENCE, SAVE_STORY
from holdfast.accounts.kinds.telling import BAD_NEWS, FEEDBACK, RECAP
from holdfast.accounts.kinds.troubles import ESCALATION, EVIDENCE_PACK, FRAUD_PACK, PEAK_PLAN

KINDS: dict[str, Kind] = {
    kind.id: kind
    for kind in (
        MUTUAL_ACTION_PLAN, SUCCESS_PLAN, QUESTION, RECAP, DECISION, STAKEHOLDER_MAP, RENEWAL_PLAN, SAVE_STORY,
        ACCOUNT_PLAN, CALIBRATION, BEFORE_AFTER, BUSINESS_REVIEW, ONBOARDING_PLAN, ESCALATION, TRADE_OFF, CONFLICT,
        PROCEDURE, PIPELINE_REVIEW, DEBRIEF, FEEDBACK, VALUE_HYPOTHESIS, BAD_NEWS, EVIDENCE_PACK, FRAUD_PACK, PEAK_PLAN,
        CASE_STUDY, REFERENCE, HAND_OVER,
    )
}  # fmt: skip


def kind_of(kind_id: str) -> Kind:
    """Raises LookupError that lists what there is."""
    if kind_id not in KINDS:
        raise LookupError(f"there is no kind {kind_id}; there are {', '.join(KINDS)}")
    return KINDS[kind_id]
