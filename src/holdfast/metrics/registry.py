"""Every declared metric, in the order a reader meets them."""

from __future__ import annotations

from holdfast.metrics.account_value import (
    account_time_to_engagement,
    account_time_to_onboarding,
    account_time_to_outcome,
    account_time_to_value,
)
from holdfast.metrics.account_work import outcomes_delivered, touchpoint_adherence, verified_outcomes
from holdfast.metrics.accounts import account_expansion, account_retention
from holdfast.metrics.acquisition import (
    acquisition_cost,
    acquisition_cost_by_channel,
    acquisition_cost_lagged,
    acquisition_cost_media,
)
from holdfast.metrics.activation import subscription_activation
from holdfast.metrics.adoption import (
    capability_adoption,
    feature_adoption,
    feature_adoption_all,
    feature_adoption_any,
)
from holdfast.metrics.advocacy import (
    market_share,
    references_given,
    referral_order_share,
    review_rating,
    reviews_written,
)
from holdfast.metrics.after_purchase import on_time_delivery, post_purchase_engagement
from holdfast.metrics.automation import (
    automation_rate,
    human_minutes_per_case,
    self_service_rate,
    tickets_per_customer,
)
from holdfast.metrics.business import business_satisfaction, business_satisfaction_by_role, satisfaction_of_roles
from holdfast.metrics.completion import account_completion, onboarding_completion
from holdfast.metrics.contracts import contract_arr, renewal_rate, renewal_rate_by_value
from holdfast.metrics.contribution import (
    contribution_per_customer,
    cost_coverage,
    cost_to_serve,
    cost_to_serve_order,
    cost_to_serve_ticket,
)
from holdfast.metrics.conversion import (
    lead_conversion,
    portal_conversion,
    purchase_conversion,
    visitor_conversion,
)
from holdfast.metrics.declare import Metric
from holdfast.metrics.disputes import (
    dispute_activity,
    dispute_activity_mastercard,
    dispute_activity_visa,
    dispute_rate,
)
from holdfast.metrics.effects import (
    churn_prevention_effect,
    lifetime_value_effect,
    personalization_conversion_effect,
    personalization_order_value_effect,
)
from holdfast.metrics.escalations import (
    escalated_again,
    escalation_exit_time,
    escalation_owner_time,
    escalation_updates_on_time,
    open_escalations,
)
from holdfast.metrics.experience import experience_panel
from holdfast.metrics.growth import (
    growth_from_new,
    growth_from_price,
    growth_from_reactivated,
    growth_from_returning,
    growth_from_unknown,
    growth_from_volume,
    growth_lost,
    growth_share_returning,
)
from holdfast.metrics.identity import identity_match_rate, persons_with_many_emails, session_match_rate
from holdfast.metrics.losses import subscribers_back, subscribers_lost
from holdfast.metrics.loyalty import loyalty_enrolled_only, loyalty_enrolled_unasked, loyalty_participation
from holdfast.metrics.messages import (
    automated_complaints,
    automated_engagement,
    automated_machine_opens,
    automated_unsubscribes,
    welcome_bot_clicks,
    welcome_engagement,
    welcome_machine_opens,
)
from holdfast.metrics.money import (
    average_order_value,
    average_order_value_net,
    refund_share,
    returning_revenue_share,
    revenue_growth,
    revenue_per_customer,
)
from holdfast.metrics.onboarding import first_purchase_time, first_purchase_within_72h
from holdfast.metrics.personalization import personalized_click_rate, slot_click_rate
from holdfast.metrics.pipeline import cycle_time, stage_conversion, time_in_stage
from holdfast.metrics.platforms import (
    average_order_value_dbt_customers,
    average_order_value_dbt_daily,
    average_order_value_shopify,
    average_order_value_total_sales,
    average_order_value_woocommerce,
)
from holdfast.metrics.procurement import integrated_order_share, procurement_adoption
from holdfast.metrics.recommend import nps, nps_question_answered, nps_transactional
from holdfast.metrics.recurring import (
    expansion_revenue,
    gross_revenue_retention,
    monthly_recurring_revenue,
    mrr_growth,
    net_arr,
    net_revenue_retention,
    revenue_churn,
)
from holdfast.metrics.repeat import repeat_purchase_rate, second_purchase_within_30_days
from holdfast.metrics.response import nps_response_rate, onboarding_response_rate, survey_response_rate
from holdfast.metrics.retention import active_customers, annual_retention, lapsed_share, returning_customer_rate
from holdfast.metrics.revenue import bought_twice_in_the_year, net_revenue, net_revenue_by_refund_day
from holdfast.metrics.satisfaction import (
    customer_effort,
    customer_effort_mean,
    customer_satisfaction,
    customer_satisfaction_mean,
    onboarding_satisfaction,
    onboarding_satisfied,
    retained_satisfaction,
)
from holdfast.metrics.subscribers import (
    early_churn,
    involuntary_churn,
    scheduled_cancellations,
    subscriber_churn,
    subscriber_churn_by_day,
    subscriber_churn_profitwell,
    subscriber_churn_stripe,
    subscriber_churn_with_joiners,
    voluntary_churn,
)
from holdfast.metrics.support import (
    first_reply_median,
    first_reply_p90,
    first_reply_time,
    first_reply_time_calendar,
    first_resolution_time,
    reopen_rate,
    resolution_median,
    resolution_rate,
    resolution_time,
    resolution_time_calendar,
    solved_share,
    tickets_waiting,
)
from holdfast.metrics.value import (
    lifetime_value_90,
    lifetime_value_180,
    lifetime_value_365,
    predicted_lifetime_value,
    value_to_date,
)
from holdfast.metrics.wellbeing import health_score

METRICS: dict[str, Metric] = {
    m.id: m
    for m in (
        acquisition_cost,
        acquisition_cost_media,
        acquisition_cost_lagged,
        acquisition_cost_by_channel,
        lead_conversion,
        purchase_conversion,
        portal_conversion,
        visitor_conversion,
        first_purchase_time,
        first_purchase_within_72h,
        account_completion,
        onboarding_completion,
        feature_adoption,
        capability_adoption,
        feature_adoption_any,
        feature_adoption_all,
        second_purchase_within_30_days,
        average_order_value,
        average_order_value_net,
        average_order_value_shopify,
        average_order_value_total_sales,
        average_order_value_dbt_daily,
        average_order_value_dbt_customers,
        average_order_value_woocommerce,
        repeat_purchase_rate,
        returning_customer_rate,
        bought_twice_in_the_year,
        annual_retention,
        lapsed_share,
        active_customers,
        loyalty_participation,
        loyalty_enrolled_only,
        loyalty_enrolled_unasked,
        net_revenue,
        net_revenue_by_refund_day,
        revenue_growth,
        growth_from_new,
        growth_from_returning,
        growth_from_reactivated,
        growth_lost,
        growth_from_unknown,
        growth_from_price,
        growth_from_volume,
        growth_share_returning,
        lifetime_value_365,
        lifetime_value_180,
        lifetime_value_90,
        value_to_date,
        predicted_lifetime_value,
        revenue_per_customer,
        returning_revenue_share,
        refund_share,
        contribution_per_customer,
        cost_coverage,
        cost_to_serve,
        cost_to_serve_order,
        cost_to_serve_ticket,
        dispute_activity,
        dispute_rate,
        dispute_activity_mastercard,
        dispute_activity_visa,
        first_reply_time,
        first_reply_time_calendar,
        first_reply_median,
        first_reply_p90,
        tickets_waiting,
        resolution_time,
        resolution_time_calendar,
        resolution_median,
        first_resolution_time,
        reopen_rate,
        resolution_rate,
        solved_share,
        automation_rate,
        human_minutes_per_case,
        self_service_rate,
        tickets_per_customer,
        identity_match_rate,
        session_match_rate,
        persons_with_many_emails,
        subscription_activation,
        monthly_recurring_revenue,
        mrr_growth,
        scheduled_cancellations,
        subscriber_churn,
        voluntary_churn,
        involuntary_churn,
        early_churn,
        subscriber_churn_stripe,
        subscriber_churn_profitwell,
        subscriber_churn_with_joiners,
        subscriber_churn_by_day,
        subscribers_lost,
        subscribers_back,
        revenue_churn,
        net_revenue_retention,
        gross_revenue_retention,
        expansion_revenue,
        net_arr,
        contract_arr,
        renewal_rate,
        renewal_rate_by_value,
        account_retention,
        account_expansion,
        procurement_adoption,
        integrated_order_share,
        account_time_to_value,
        account_time_to_engagement,
        account_time_to_onboarding,
        account_time_to_outcome,
        stage_conversion,
        cycle_time,
        time_in_stage,
        touchpoint_adherence,
        verified_outcomes,
        outcomes_delivered,
        open_escalations,
        escalation_owner_time,
        escalation_updates_on_time,
        escalation_exit_time,
        escalated_again,
        welcome_engagement,
        welcome_machine_opens,
        welcome_bot_clicks,
        onboarding_satisfaction,
        onboarding_satisfied,
        onboarding_response_rate,
        nps,
        nps_transactional,
        nps_response_rate,
        nps_question_answered,
        customer_satisfaction,
        customer_satisfaction_mean,
        retained_satisfaction,
        survey_response_rate,
        customer_effort,
        customer_effort_mean,
        experience_panel,
        on_time_delivery,
        post_purchase_engagement,
        business_satisfaction,
        business_satisfaction_by_role,
        satisfaction_of_roles,
        personalized_click_rate,
        slot_click_rate,
        automated_engagement,
        automated_unsubscribes,
        automated_complaints,
        automated_machine_opens,
        referral_order_share,
        review_rating,
        reviews_written,
        references_given,
        health_score,
        market_share,
        personalization_order_value_effect,
        lifetime_value_effect,
        personalization_conversion_effect,
        churn_prevention_effect,
    )
}


class UnknownMetric(Exception):
    """No metric has this id; the message lists those that come close."""


def find(metric_id: str) -> Metric:
    """The metric with this id, number (M18) or other name (aov); case and - against _ do not matter."""
    from difflib import get_close_matches

    asked = metric_id.lower().replace("-", "_")
    for metric in METRICS.values():
        if asked in (metric.id, metric.number.lower(), *metric.aliases):
            return metric
    near = get_close_matches(asked, METRICS, n=3, cutoff=0.4) or list(METRICS)
    raise UnknownMetric(f"no metric is called {metric_id!r}; did you mean {', '.join(near)}?")
