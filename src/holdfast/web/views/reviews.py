"""Reviews of accounts: drawn from what is known now, written on, issued, and taken away as a deck."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.text import slugify
from django.views.decorators.http import require_POST

from holdfast.accounts.access import access_account, access_of_account, may
from holdfast.accounts.actions import reviews as reviewing
from holdfast.accounts.models import Account, IssuedReview, ReviewDraft
from holdfast.accounts.reading.reviews import reviews, told_of
from holdfast.web import deciding, reading, trying
from holdfast.web.tables import Table, download
from holdfast.web.views.asked import file_format
from holdfast.web.views.deeds import by, deed_of, sentence

if TYPE_CHECKING:
    from holdfast.accounts.access import Anybody
    from holdfast.reviews.findings import Numbers
    from holdfast.reviews.story import Story

TEMPLATE = "review-template.pptx"  # in the home: the house's own looks
KINDS = {
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "html": "text/html; charset=utf-8",
    "pdf": "application/pdf",
}
SHOWN = 200  # drafts, and issued ones, on the page; an export holds all
COLUMNS = ("account", "review", "state", "numbers_of", "by", "at")


def page(request: HttpRequest) -> HttpResponseBase:
    taken = file_format(request)
    found = reviews(request.user, limit=None if taken else SHOWN)
    if taken:
        rows = [(one.account, one.title, state_of(one), one.as_of, one.by, one.at) for one in found]
        return download(Table("reviews", COLUMNS, rows), taken)
    return render(request, "reviews.html", {"title": "Reviews", "reviews": found, "state_of": state_of, "shown": SHOWN})


def state_of(one: Any) -> str:
    return "draft" if not one.issued else "superseded" if one.superseded else "issued"


@require_POST
def new(request: HttpRequest, account_id: int) -> HttpResponseBase:
    account = access_account(request.user, account_id, "plan")
    made = reviewing.draft_review(account.pk, drawn(request, account), at=timezone.now(), by=by(request))
    messages.success(
        request, "The draft is drawn from what is known now. Write what only a person knows, then issue it."
    )
    return redirect("review", made.pk)


def draft(request: HttpRequest, draft_id: int) -> HttpResponseBase:
    found = access_of_account(request.user, ReviewDraft, draft_id)
    if request.method == "POST":
        return _decide(request, found)
    return _shown(request, found, {"draft": found, "may_plan": may(request.user, "plan")})


def issued(request: HttpRequest, review_id: int) -> HttpResponseBase:
    found = access_of_account(request.user, IssuedReview, review_id)
    if request.method == "POST":
        return _taken(request, found)
    more = {"issued": found, "later": getattr(found, "superseded_by", None), "may_plan": may(request.user, "plan")}
    return _shown(request, found, more)


def style(request: HttpRequest) -> HttpResponse:
    """Of the sheets, on a page of the product."""
    from holdfast.reviews.sheets import style as css

    return HttpResponse(css(), content_type="text/css; charset=utf-8")


def _shown(request: HttpRequest, found: ReviewDraft | IssuedReview, more: dict[str, Any]) -> HttpResponse:
    from holdfast.reviews.reckoning import crowded
    from holdfast.reviews.sheets import body_of
    from holdfast.reviews.story import from_json, slots_of
    from holdfast.reviews.telling import lacking
    from holdfast.reviews.withheld import PROFILES

    story, drafted = story_of(found), from_json(found.story)
    return render(
        request,
        "review.html",
        {
            "title": found.title,
            "account": found.account,
            "sheets": body_of(story),
            "slots": [(own, found.words.get(own.slot, "")) for own in slots_of(drafted)],
            "lacking": lacking(story),
            "crowded": crowded(story),
            "profiles": PROFILES,
            **more,
        },
    )


def story_of(found: ReviewDraft | IssuedReview) -> Story:
    """With the person's own words in it; a draft says that it is one."""
    from holdfast.reviews.story import from_json, with_words

    return replace(with_words(from_json(found.story), found.words), draft=isinstance(found, ReviewDraft))


# --- what can be done with a draft ---


def _decide(request: HttpRequest, found: ReviewDraft) -> HttpResponseBase:
    deed = deed_of(request, DEEDS)
    try:
        return deed(request, found)
    except ValidationError as problem:
        messages.error(request, sentence(problem))
    return redirect("review", found.pk)


def _write(request: HttpRequest, found: ReviewDraft) -> HttpResponseBase:
    sent = request.POST.dict()
    words = {name.removeprefix("slot."): str(text) for name, text in sent.items() if name.startswith("slot.")}
    reviewing.write_review(found.pk, words, slots_in(found.story), at=timezone.now(), by=by(request))
    messages.success(request, "Your words are kept; drawing the numbers again leaves them.")
    return redirect("review", found.pk)


def _again(request: HttpRequest, found: ReviewDraft) -> HttpResponseBase:
    reviewing.draw_again(found.pk, drawn(request, found.account), at=timezone.now(), by=by(request))
    messages.success(request, "Drawn again from what is known now; your words stayed.")
    return redirect("review", found.pk)


def _issue(request: HttpRequest, found: ReviewDraft) -> HttpResponseBase:
    made = reviewing.issue_review(found.pk, lacks=lacks, at=timezone.now(), by=by(request))
    messages.success(request, "Issued. It stays as it is now, whatever the data say later.")
    return redirect("issued_review", made.pk)


def _drop(request: HttpRequest, found: ReviewDraft) -> HttpResponseBase:
    reviewing.drop_review(found.pk, by=by(request))
    messages.success(request, "The draft is thrown away.")
    return redirect("account", found.account_id)


def _taken(request: HttpRequest, found: ReviewDraft | IssuedReview) -> HttpResponseBase:
    """The review as a file, in the looks that were sent, else the house's own, else the quiet ones."""
    from holdfast.reviews.deck import deck_of
    from holdfast.reviews.look import LARGEST, TemplateProblem
    from holdfast.reviews.printed import CannotPrint, pdf_of
    from holdfast.reviews.sheets import file_of
    from holdfast.reviews.withheld import withhold

    back = redirect(request.path)
    kind, profile = request.POST.get("kind", "pptx"), request.POST.get("hide", "nothing")
    sent = request.FILES.get("template")
    if sent is not None and (sent.size or 0) > LARGEST:
        messages.error(request, f"The template is larger than {LARGEST // 1_000_000} MB.")
        return back
    try:
        story = withhold(story_of(found), profile)
        if kind == "html":
            body = file_of(story).encode()
        else:
            body = deck_of(story, sent.read() if sent is not None else house_template())
            body = pdf_of(body) if kind == "pdf" else body
        answer = HttpResponse(body, content_type=KINDS[kind])
    except (TemplateProblem, CannotPrint) as problem:
        messages.error(request, str(problem))
        return back
    except KeyError as problem:
        raise Http404("There is no such file or copy.") from problem
    answer["Content-Disposition"] = f'attachment; filename="{_called(story)}.{kind}"'
    return answer


DEEDS: dict[str, Callable[[HttpRequest, ReviewDraft], HttpResponseBase]] = {
    "write": _write, "again": _again, "issue": _issue, "drop": _drop, "take": _taken,
}  # fmt: skip


def _called(story: Story) -> str:
    """Of a copy without names the file has none either."""
    name = "review" if story.withheld in ("names", "both") else f"review-{slugify(story.account)}"
    return "-".join(filter(None, (slugify(story.simulated), name, str(story.as_of or story.made_on))))


def house_template() -> bytes | None:
    path = reading.home().path / TEMPLATE
    return path.read_bytes() if path.is_file() else None


# --- a draft from what is known now ---


def drawn(request: HttpRequest, account: Account) -> reviewing.Drawn:
    return drawn_for(request.user, account, request.build_absolute_uri("/").rstrip("/"))


def drawn_for(user: Anybody, account: Account, base: str) -> reviewing.Drawn:
    """base: of the addresses that open its figures again."""
    from holdfast.reviews.story import to_json
    from holdfast.reviews.telling import Given, tell

    story = tell(Given(told_of(user, account.pk), numbers_of(account), deciding.today(), base))
    return reviewing.Drawn(story.title, story.as_of, story.snapshot, to_json(story))


def numbers_of(account: Account) -> Numbers | None:
    """Of the account's shops, as far as whoever asks may see them; None where the data know nothing of it."""
    from holdfast.reviews.findings import Numbers

    source = reading.published()
    scope = None if source is None else reading.scope_of_account(source, account.facts_name)
    if source is None or scope is None:
        return None
    known = account.segment in reading.segments()
    segment = account.segment if known else reading.default_segment(source, scope)
    shops = {shop.name for shop in source.shops_of(scope)}
    claims = trying.claims_of(account.pk, shops)
    return Numbers(source, scope, reading.scorecard(source, scope, segment), known, claims)


def slots_in(story: dict[str, Any]) -> frozenset[str]:
    from holdfast.reviews.story import from_json, slots_of

    return frozenset(own.slot for own in slots_of(from_json(story)))


def lacks(story: Mapping[str, Any], words: Mapping[str, str]) -> tuple[str, ...]:
    from holdfast.reviews.story import from_json, with_words
    from holdfast.reviews.telling import lacking

    return lacking(with_words(from_json(dict(story)), dict(words)))
