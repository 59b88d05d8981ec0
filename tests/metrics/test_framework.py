from dataclasses import FrozenInstanceError
from importlib.resources import files

import pytest

from holdfast.metrics.framework import FrameworkProblem, load, load_for

# The framework's targets, typed from its page by hand: id, number, operator, acceptable, stretch.
TARGETS = [
    ("marketplace_satisfaction", "M36", ">=", 4.3, None),
    ("marketplace_repeat_purchase", "M18", ">=", 0.60, 0.80),
    ("marketplace_clv_improvement", "M24", ">=", 0.25, 0.40),
    ("marketplace_support_resolution", "M14", "<", 2, None),
    ("b2b_account_retention", "M20", ">=", 0.95, None),
    ("b2b_expansion_revenue", "M26", ">=", 0.20, 0.30),
    ("b2b_procurement_adoption", "M44", ">=", 0.80, None),
    ("b2b_satisfaction", "M40", ">=", 4.4, None),
    ("subscription_mrr_growth", "M25", ">=", 0.15, 0.25),
    ("subscription_churn", "M21", "<=", 0.05, 0.03),
    ("subscription_activation", "M16", ">=", 0.85, None),
    ("subscription_expansion", "M26", ">=", 0.25, 0.35),
    ("acquisition_account_complete", "M05", ">=", 0.90, None),
    ("acquisition_first_purchase", "M04", ">=", 0.70, None),
    ("acquisition_onboarding_satisfaction", "M08", ">=", 4.2, None),
    ("acquisition_welcome_engagement", "M07", ">=", 0.80, None),
    ("activation_feature_adoption", "M09", ">=", 0.70, None),
    ("activation_second_purchase", "M10", ">=", 0.60, None),
    ("activation_order_value", "M12", ">=", 0.25, None),
    ("activation_first_reply", "M13", "<", 4, None),
    ("activation_resolution_rate", "M15", ">=", 0.95, None),
    ("retention_annual", "M19", ">=", 0.85, None),
    ("retention_clv", "M24", ">=", 0.30, None),
    ("retention_satisfaction", "M36", ">=", 4.3, None),
    ("retention_loyalty", "M22", ">=", 0.25, None),
]

DECLARED = {
    "M03": "first_purchase_time",
    "M04": "first_purchase_within_72h",
    "M10": "second_purchase_within_30_days",
    "M11": "average_order_value",
    "M11b": "average_order_value_net",
    "M13": "first_reply_time",
    "M13b": "first_reply_time_calendar",
    "M13c": "first_reply_median",
    "M13d": "first_reply_p90",
    "M13e": "tickets_waiting",
    "M14": "resolution_time",
    "M14b": "resolution_time_calendar",
    "M14c": "resolution_median",
    "M14d": "first_resolution_time",
    "M14e": "reopen_rate",
    "M15": "resolution_rate",
    "M15b": "solved_share",
    "M17": "automation_rate",
    "M17b": "human_minutes_per_case",
    "M16": "subscription_activation",
    "M18": "repeat_purchase_rate",
    "M18b": "returning_customer_rate",
    "M19": "annual_retention",
    "M20": "account_retention",
    "M21": "subscriber_churn",
    "M21b": "lapsed_share",
    "M21c": "voluntary_churn",
    "M21d": "involuntary_churn",
    "M21e": "early_churn",
    "M21j": "revenue_churn",
    "M25": "mrr_growth",
    "M25b": "monthly_recurring_revenue",
    "M25c": "scheduled_cancellations",
    "M26": "expansion_revenue",
    "M26b": "account_expansion",
    "M27": "net_revenue_retention",
    "M28": "gross_revenue_retention",
    "M29": "net_arr",
    "M29b": "contract_arr",
    "M30": "revenue_growth",
    "M31": "revenue_per_customer",
    "M53": "self_service_rate",
    "M53b": "tickets_per_customer",
    "M58": "identity_match_rate",
    "M58b": "session_match_rate",
    "M58c": "persons_with_many_emails",
    "M34": "renewal_rate",
    "M34b": "renewal_rate_by_value",
    "M60": "refund_share",
    "M61": "active_customers",
    "M62": "returning_revenue_share",
}
DECLARED |= {  # what customers say and do with messages, and what has no number of its own
    "M07": "welcome_engagement",
    "M07b": "welcome_machine_opens",
    "M07c": "welcome_bot_clicks",
    "M08": "onboarding_satisfaction",
    "M08b": "onboarding_satisfied",
    "M08c": "onboarding_response_rate",
    "M12": "personalization_order_value_effect",
    "M24": "lifetime_value_effect",
    "M35": "nps",
    "M35b": "nps_transactional",
    "M35c": "nps_response_rate",
    "M35d": "nps_question_answered",
    "M36": "customer_satisfaction",
    "M36b": "customer_satisfaction_mean",
    "M36c": "retained_satisfaction",
    "M36d": "survey_response_rate",
    "M37": "customer_effort",
    "M37b": "customer_effort_mean",
    "M38": "experience_panel",
    "M38b": "on_time_delivery",
    "M39": "post_purchase_engagement",
    "M40": "business_satisfaction",
    "M40b": "business_satisfaction_by_role",
    "M40c": "satisfaction_of_roles",
    "M41": "personalized_click_rate",
    "M41b": "slot_click_rate",
    "M42": "personalization_conversion_effect",
    "M43": "automated_engagement",
    "M43b": "automated_unsubscribes",
    "M43c": "automated_complaints",
    "M43d": "automated_machine_opens",
    "M46": "health_score",
    "M50": "churn_prevention_effect",
    "M55": "market_share",
    "M56": "referral_order_share",
    "M56b": "review_rating",
    "M56c": "reviews_written",
    "M56d": "references_given",
} | {
    "M11c": "average_order_value_shopify",
    "M11d": "average_order_value_total_sales",
    "M11e": "average_order_value_dbt_daily",
    "M11f": "average_order_value_dbt_customers",
    "M11g": "average_order_value_woocommerce",
    "M18c": "bought_twice_in_the_year",
    "M23": "lifetime_value_365",
    "M23b": "lifetime_value_180",
    "M23c": "lifetime_value_90",
    "M23d": "value_to_date",
    "M23e": "predicted_lifetime_value",
    "M30b": "growth_from_new",
    "M30c": "growth_from_returning",
    "M30d": "growth_from_reactivated",
    "M30e": "growth_lost",
    "M30f": "growth_from_unknown",
    "M30g": "growth_from_price",
    "M30h": "growth_from_volume",
    "M30i": "growth_share_returning",
    "M32": "contribution_per_customer",
    "M32b": "cost_coverage",
    "M33": "cost_to_serve",
    "M33b": "cost_to_serve_order",
    "M33c": "cost_to_serve_ticket",
    "M51": "dispute_activity",
    "M51b": "dispute_rate",
    "M51c": "dispute_activity_mastercard",
    "M51d": "dispute_activity_visa",
    "M63": "net_revenue",
    "M63b": "net_revenue_by_refund_day",
}
DECLARED |= {  # winning customers
    "M01": "acquisition_cost",
    "M01b": "acquisition_cost_media",
    "M01c": "acquisition_cost_lagged",
    "M01d": "acquisition_cost_by_channel",
    "M02": "lead_conversion",
    "M02b": "purchase_conversion",
    "M02c": "portal_conversion",
    "M02d": "visitor_conversion",
    "M05": "account_completion",
    "M06": "onboarding_completion",
    "M09": "feature_adoption",
    "M09b": "capability_adoption",
    "M09c": "feature_adoption_any",
    "M09d": "feature_adoption_all",
    "M22": "loyalty_participation",
    "M22b": "loyalty_enrolled_only",
    "M22c": "loyalty_enrolled_unasked",
    "M44": "procurement_adoption",
    "M44b": "integrated_order_share",
    "M45": "account_time_to_value",
    "M45b": "account_time_to_engagement",
    "M45c": "account_time_to_onboarding",
    "M45d": "account_time_to_outcome",
    "M47": "stage_conversion",
    "M52": "cycle_time",
    "M52b": "time_in_stage",
    "M48": "touchpoint_adherence",
    "M49": "verified_outcomes",
    "M49b": "outcomes_delivered",
    "M54": "open_escalations",
    "M54b": "escalation_owner_time",
    "M54c": "escalation_updates_on_time",
    "M54d": "escalation_exit_time",
    "M54e": "escalated_again",
}


@pytest.fixture(scope="module")
def built_in():
    return load()


@pytest.fixture
def edited(tmp_path):
    """Load the built-in file with one piece of its text exchanged."""

    def with_(old, new):
        text = (files("holdfast.metrics") / "frameworks" / "ecommerce.toml").read_text(encoding="utf-8")
        assert old in text, "the test edits a line that is no longer there"
        path = tmp_path / "framework.toml"
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        return load(path)

    return with_


def test_every_target_of_the_framework_is_there_and_no_other(built_in):
    assert [(c.id, c.number, c.operator, c.acceptable, c.stretch) for c in built_in.criteria] == TARGETS


def test_only_the_metrics_that_are_computed_carry_an_id(built_in):
    assert {m.number: m.metric for m in built_in.measures if m.metric} == DECLARED


def test_a_criterion_may_be_read_by_another_metric_than_its_measures_own(built_in):
    """The headline of satisfaction is the top two boxes; the targets are means."""
    read_by = {c.id: c.metric for c in built_in.criteria if c.number == "M36"}
    assert read_by == {
        "marketplace_satisfaction": "customer_satisfaction_mean",
        "retention_satisfaction": "retained_satisfaction",
    }
    assert built_in.criteria_of("customer_satisfaction") == ()


def test_every_criterion_says_where_it_comes_from_and_what_to_connect(built_in):
    for criterion in built_in.criteria:
        assert criterion.source.startswith("built-in framework")
        assert criterion.connect


def test_claims_of_an_effect_need_a_holdout_and_nothing_else_does(built_in):
    assert {m.number for m in built_in.measures if m.needs_holdout} == {"M12", "M24", "M42", "M50"}


def test_a_satisfaction_called_nps_is_flagged_and_asked_about_once(built_in):
    flagged = {c.id: c.question for c in built_in.criteria if "scale_conflict" in {f.id for f in c.flags}}
    assert set(flagged) == {"marketplace_satisfaction", "retention_satisfaction"}
    assert all("4.3" in question for question in flagged.values())
    assert [m.number for m in built_in.criterion("marketplace_satisfaction").beside] == ["M35"]


@pytest.mark.parametrize(
    ("criterion", "flag"),
    [
        ("acquisition_welcome_engagement", "implausible_by_clicks"),
        ("retention_loyalty", "read_as_at_least"),
        ("subscription_mrr_growth", "yearly_factor"),
    ],
)
def test_odd_targets_are_flagged_with_a_sentence(built_in, criterion, flag):
    found = {f.id: f.why for f in built_in.criterion(criterion).flags}
    assert found[flag].endswith(".")


@pytest.mark.parametrize(
    ("day", "phase"),
    [(0, "acquisition"), (6, "acquisition"), (7, "activation"), (29, "activation"), (30, "retention"),
     (364, "retention"), (365, "established"), (4000, "established")],
)  # fmt: skip
def test_day_7_and_day_30_and_day_365_belong_to_one_phase_each(built_in, day, phase):
    assert built_in.phase_on(day).id == phase


def test_the_established_phase_is_the_merchants_own(built_in):
    assert built_in.phases[-1].criteria == ()


def test_a_lapsed_customer_who_buys_again_has_a_name_that_is_not_new(built_in):
    assert [state.id for state in built_in.states] == ["reactivated"]


def test_strategies_and_families_name_the_numbers_of_the_framework(built_in):
    assert {s.id: [m.number for m in s.indicators] for s in built_in.strategies} == {
        "lifecycle_optimization": ["M06", "M03", "M02b", "M11", "M36", "M39", "M19", "M50"],
        "personalization": ["M41", "M42", "M36", "M31"],
        "scale_and_automation": ["M17", "M13", "M14", "M15", "M43", "M33"],
    }
    assert {f.id: [m.number for m in f.measures] for f in built_in.families} == {
        "acquisition": ["M01", "M02", "M02b", "M03", "M45", "M06"],
        "experience": ["M35", "M36", "M37", "M38"],
        "retention": ["M19", "M20", "M21", "M21b", "M23", "M18"],
        "business": ["M30", "M32", "M55", "M56"],
        "accounts": ["M27", "M28", "M29", "M34", "M46", "M48", "M49", "M54", "M47", "M51"],
    }


def test_every_computed_metric_appears_in_a_report(built_in):
    shown = {m.number for f in built_in.families for m in (*f.measures, *f.also)}
    assert set(DECLARED) <= shown


def test_targets_that_do_not_fit_each_other_are_listed_with_their_arithmetic(built_in):
    assert len(built_in.contradictions) == 7
    found = built_in.contradictions_of("subscription_churn")
    assert [c.id for c in found] == [
        "monthly_churn_or_annual_retention",
        "monthly_churn_or_account_retention",
        "expansion_with_churn",
    ]


def test_the_arithmetic_in_the_file_is_right(built_in):
    kept_of_3, kept_of_5 = 0.97**12, 0.95**12
    assert [kept_of_3, kept_of_5] == pytest.approx([0.694, 0.540], abs=5e-4)
    churn_of_85, churn_of_95 = 1 - 0.85 ** (1 / 12), 1 - 0.95 ** (1 / 12)
    assert [churn_of_85, churn_of_95] == pytest.approx([0.0135, 0.0043], abs=5e-5)
    grown_by_15, grown_by_25 = 1.15**12, 1.25**12
    assert [grown_by_15, grown_by_25] == pytest.approx([5.35, 14.55], abs=5e-3)


def test_a_metric_knows_the_criteria_it_answers(built_in):
    assert [c.id for c in built_in.criteria_of("repeat_purchase_rate")] == ["marketplace_repeat_purchase"]
    assert built_in.criteria_of("active_customers") == ()


def test_a_framework_cannot_be_changed_after_reading(built_in):
    with pytest.raises(FrozenInstanceError):
        built_in.criterion("retention_annual").acceptable = 0.1


def test_the_homes_own_copy_is_used_in_place_of_the_built_in_one(tmp_path, edited):
    assert load_for(tmp_path) == load()
    edited("version = 1", "version = 2")
    assert load_for(tmp_path).version == 2


def test_a_merchants_own_target_is_taken(edited):
    assert edited("acceptable = 0.60\nstretch = 0.80", "acceptable = 0.35").criterion(
        "marketplace_repeat_purchase"
    ).range == (0.35, 0.35)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('version = 1', 'version = "one"', r"framework\.toml: version: must be a whole number, 0 or more, not 'one'"),
        ('id = "ecommerce"\n', "", "framework.toml: id: is missing"),
        ("acceptable = 0.60\nstretch", 'acceptable = "60 %"\nstretch', "purchase'.acceptable: must be a number"),
        ("acceptable = 0.60\nstretch", "acceptable = 60\nstretch", "must be 0 to 1 on the scale share, not 60"),
        ("acceptable = 4.3", "acceptable = 43", "must be 1 to 5 on the scale mean_1_5, not 43"),
        ("stretch = 0.80", "stretch = 0.50", r"stretch: must be better than acceptable, which is 0\.6"),
        ("stretch = 0.03", "stretch = 0.07", r"stretch: must be better than acceptable, which is 0\.05"),
        ("stretch = 0.80", "strech = 0.80", r"strech: is not a key here; known are .*stretch"),
        ('operator = "<"', 'operator = ">"', "operator: > does not fit the direction down"),
        ('operator = "<"', 'operator = "=<"', "operator: must be one of >=, >, <=, <, not '=<'"),
        ('measure = "M14"', 'measure = "M140"', r"measure: names M140, and there is no \[measure\.M140\]"),
        ('"M06", "M03"', '"M06", "M3"', "strategy 'lifecycle_optimization'.indicators: names M3"),
        ("needs_holdout = true", "needs_holdout = false", r"measure\.M12\.needs_holdout: M12 claims an effect"),
        ("from_day = 30\n", "from_day = 31\n", "phase 'retention'.from_day: must be 30"),
        ("from_day = 365\n", "from_day = 365\nuntil_day = 700\n", "the last phase has no end"),
        ('id = "b2b_satisfaction"', 'id = "subscription_churn"', "the id 'subscription_churn' is used twice"),
        ('between = ["subscription_mrr_growth"]', 'between = ["growth"]', "between: no criterion is called 'growth'"),
        ('question = "The target says', 'quest = "The target says', "question: is missing: a scale conflict"),
        ('[[segment]]\nid', '[[segment\nid', "framework.toml: is not TOML: .*line"),
        ("[coverage]", "[covering]", "coverage: is missing"),
    ],
)  # fmt: skip
def test_a_mistake_in_an_edited_copy_is_named_with_its_place(edited, old, new, says):
    with pytest.raises(FrameworkProblem, match=says):
        edited(old, new)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FrameworkProblem, match=r"no_such\.toml: cannot be read"):
        load(tmp_path / "no_such.toml")


def test_a_file_in_another_encoding_is_named(tmp_path):
    path = tmp_path / "framework.toml"
    path.write_bytes('id = "ecommerce" # \u2265'.encode("utf-16"))
    with pytest.raises(FrameworkProblem, match="is not UTF-8"):
        load(path)
