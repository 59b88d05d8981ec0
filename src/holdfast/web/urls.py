"""Every address of the browser door."""

from __future__ import annotations

from allauth.account import views as account
from django.urls import include, path

from holdfast.web.views import (
    account as one_account,
)
from holdfast.web.views import (
    accounts,
    cohorts,
    discovery,
    explain,
    filing,
    guest,
    health,
    house,
    metric,
    mine,
    one_work,
    parity,
    people,
    phases,
    recurring,
    renewals,
    reviews,
    rows,
    scorecard,
    search,
    sources,
    start,
    support,
    targets,
    today,
    welcome,
    work,
)

# allauth looks these names up; what they stand for elsewhere does not exist here.
NOT_OFFERED = ("signup", "email", "inactive", "set_password", "reset_password", "email_verification_sent")

urlpatterns = [
    path("", scorecard.page, name="scorecard"),
    path("today/", today.page, name="today"),
    path("renewals/", renewals.page, name="renewals"),
    path("renewals/<int:renewal_id>/", renewals.one, name="renewal"),
    path("reviews/", reviews.page, name="reviews"),
    path("reviews/new/<int:account_id>/", reviews.new, name="new_review"),
    path("reviews/<int:draft_id>/", reviews.draft, name="review"),
    path("reviews/issued/<int:review_id>/", reviews.issued, name="issued_review"),
    path("reviews/review.css", reviews.style, name="review_style"),
    path("accounts/", accounts.page, name="accounts"),
    path("accounts/import/", filing.page, name="files"),
    path("accounts/import/<uuid:file_id>/", filing.one, name="file"),
    path("accounts/<int:account_id>/", one_account.page, name="account"),
    path("work/", work.page, name="works"),
    path("work/new/", work.new, name="work_new"),
    path("work/<int:work_id>/", one_work.page, name="work"),
    path("discovery/", discovery.page, name="discovery"),
    path("guest/<str:token>/", guest.page, name="guest"),
    path("activity/", house.activity, name="activity"),
    path("activity/<int:entry_id>/undo/", house.undo, name="undo"),
    path("people/", house.page, name="house"),
    path("metrics/", metric.index, name="metrics"),
    path("metrics/<slug:metric_id>/", metric.page, name="metric"),
    path("metrics/<slug:metric_id>/explain/", explain.metric, name="explain"),
    path("metrics/<slug:metric_id>/rows/", rows.units, name="rows"),
    path("metrics/<slug:metric_id>/rows/<str:unit_id>/", rows.unit, name="unit"),
    path("cohorts/", cohorts.page, name="cohorts"),
    path("cohorts/explain/", explain.cohort, name="explain_cohort"),
    path("cohorts/rows/", rows.cohort, name="cohort_rows"),
    path("cohorts/rows/<str:unit_id>/", rows.cohort_unit, name="cohort_unit"),
    path("cohorts/phases/", phases.rows, name="phase_rows"),
    path("recurring/", recurring.page, name="recurring"),
    path("support/", support.page, name="support"),
    path("targets/", targets.page, name="targets"),
    path("parity/", parity.index, name="parity"),
    path("parity/<slug:term_id>/", parity.page, name="parity_term"),
    path("sources/", sources.page, name="sources"),
    path("sources/promises/<slug:name>/", sources.audit, name="audit"),
    path("sources/rejects/", sources.rejects, name="rejects"),
    path("start/", start.page, name="start"),
    path("start/<uuid:import_id>/", start.mapping, name="import"),
    path("start/<uuid:import_id>/progress/", start.progress, name="progress"),
    path("notices/", mine.notices, name="notices"),
    path("notices/seen/", mine.seen, name="notices_seen"),
    path("notices/mail/", mine.mail, name="notices_mail"),
    path("notices/calendar/", mine.feed, name="feed"),
    path("calendar/<str:token>.ics", mine.ics, name="calendar"),
    path("palette/", search.palette, name="palette"),
    path("search/", search.page, name="search"),
    path("settings/", people.settings_page, name="settings"),
    path("settings/theme/", people.theme, name="theme"),
    path("settings/sessions/<int:session_id>/end/", people.end_session, name="end_session"),
    path("settings/password/", account.password_change, name="account_change_password"),
    path("settings/two-factor/", include("allauth.mfa.urls")),
    path("reauthenticate/", account.reauthenticate, name="account_reauthenticate"),
    path("login/", account.login, name="account_login"),
    path("logout/", account.logout, name="account_logout"),
    *(path(f"settings/{name}/", people.not_offered, name=f"account_{name}") for name in NOT_OFFERED),
    path("welcome/", welcome.page, name="welcome"),
    path("livez", health.live, name="livez"),
    path("readyz", health.ready, name="readyz"),
]

handler400 = "holdfast.web.views.errors.bad_request"
handler403 = "holdfast.web.views.errors.forbidden"
handler404 = "holdfast.web.views.errors.missing"
handler500 = "holdfast.web.views.errors.broken"
