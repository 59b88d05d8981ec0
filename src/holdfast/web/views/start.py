"""From the first file to the first scorecard: choose files, look at the guess, name the shop, watch it run."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID
from zoneinfo import available_timezones

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render

from holdfast.commerce.currency import UnknownCurrency, minor_digits
from holdfast.web import importing, reading
from holdfast.web.jobs import run_import, sentence
from holdfast.web.models import Import

CURRENCIES = ("EUR", "GBP", "USD", "CHF", "SEK", "NOK", "DKK", "PLN", "CZK", "HUF", "AUD", "CAD", "JPY", "INR", "BRL")


def administrators_only(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Importing names files on the server, so it is not for everybody who may read."""

    @wraps(view)
    def checked(request: HttpRequest, import_id: UUID) -> HttpResponseBase:
        if not getattr(request.user, "is_staff", False):
            raise PermissionDenied
        return view(request, import_id)

    return checked


class ShopForm(forms.Form):
    """Which shop the files belong to."""

    shop = forms.RegexField(
        r"^[\w][\w .&'-]{0,60}$", error_messages={"invalid": "Use letters, digits, spaces and - . & '."}
    )
    account = forms.CharField(required=False, max_length=80)
    zone = forms.CharField()
    currency = forms.CharField()

    def clean_zone(self) -> str:
        zone: str = self.cleaned_data["zone"]
        if zone not in available_timezones():
            raise forms.ValidationError("Not a time zone Holdfast knows. Write it like Europe/London.")
        return zone

    def clean_currency(self) -> str:
        try:
            minor_digits(self.cleaned_data["currency"])
        except UnknownCurrency as problem:
            raise forms.ValidationError("Not a currency of ISO 4217. Write three capital letters, as EUR.") from problem
        return str(self.cleaned_data["currency"])


def page(request: HttpRequest) -> HttpResponseBase:
    if not getattr(request.user, "is_staff", False):
        if reading.published() is None:
            return render(request, "nothing_yet.html", {"title": "Nothing here yet", "no_seat": not reading.sees_all()})
        raise PermissionDenied
    problem = ""
    if request.method == "POST":
        job = Import(started_by_id=request.user.pk)
        try:
            job.paths = importing.named_paths(request.POST.get("paths", ""))
            importing.forget_abandoned()
            uploads = request.FILES.getlist("files")
            if uploads:
                job.paths += importing.keep_uploads(reading.home(), str(job.pk), uploads)
            if not job.paths:
                raise importing.FilesProblem("Choose a file to upload, or name one that is on the server.")
            job.save()
            return redirect("import", job.pk)
        except (importing.FilesProblem, OSError) as found:
            problem = sentence(found)
    context = {
        "title": "Bring in your orders",
        "problem": problem,
        "paths": request.POST.get("paths", ""),
        "built": reading.published() is not None,
        "jobs": Import.objects.all()[:5],
    }
    return render(request, "start.html", context, status=422 if problem else 200)


@administrators_only
def mapping(request: HttpRequest, import_id: UUID) -> HttpResponseBase:
    """The guess to look at while the import waits for a person; its progress afterwards."""
    job = get_object_or_404(Import, pk=import_id)
    if job.state != Import.State.MAPPING:
        return render(request, "progress.html", _progress(job))
    then, wrong = request.POST.get("then"), ""
    if then == "guess":
        importing.forget_edit(job)
        return redirect("import", job.pk)
    if then == "edit" and not (wrong := _edited(job, request.POST.get("toml", ""))):
        return redirect("import", job.pk)
    try:
        guessed = importing.guess(job)
        if request.method == "POST" and guessed.questions and not wrong:
            return _answered(request, job, guessed)
        form = ShopForm((not wrong and request.POST) or None, initial=_first_shop(guessed.shop))
        chosen = then == "import" and form.is_valid() and not guessed.open
        samples = {} if guessed.open or chosen else importing.samples(job, *_zone_and_currency(form))
    except Exception as problem:
        job.state, job.problem = Import.State.FAILED, sentence(problem)
        job.save()
        return render(request, "progress.html", _progress(job))
    if chosen:
        return _begun(job, form)
    context: dict[str, Any] = {
        "title": "What Holdfast makes of your files",
        "job": job,
        "guessed": guessed,
        "samples": samples,
        "form": form,
        "zones": sorted(zone for zone in available_timezones() if "/" in zone),
        "currencies": CURRENCIES,
        "toml": request.POST["toml"] if wrong else guessed.toml,
        "wrong": wrong,
        "rejects": importing.REJECTS,
    }
    refused = bool(wrong or form.errors) or (then == "import" and guessed.open)
    return render(request, "mapping.html", context, status=422 if refused else 200)


def _edited(job: Import, text: str) -> str:
    """Read the files as the text says from now on; what is wrong with it, else nothing."""
    try:
        importing.edit(job, text)
    except Exception as problem:  # shown beside the text, which stays as it was written
        return sentence(problem)
    return ""


def _begun(job: Import, form: ShopForm) -> HttpResponseBase:
    for name in ("shop", "account", "zone", "currency"):
        setattr(job, name, form.cleaned_data[name])
    job.state = Import.State.WAITING
    job.save()
    run_import.enqueue(str(job.pk))
    return redirect("import", job.pk)


def _answered(request: HttpRequest, job: Import, guessed: importing.Guessed) -> HttpResponseBase:
    """Keep the answers that are among those offered, and look again."""
    given = {q.name: request.POST.get(q.name, "") for q in guessed.questions}
    if all(given[q.name] in dict(q.answers) for q in guessed.questions):
        importing.answer(job, given)
    return redirect("import", job.pk)


def _zone_and_currency(form: ShopForm) -> tuple[str, str]:
    """As chosen so far: what the person wrote where it can be used, else what the form began with."""
    form.is_valid()
    said = getattr(form, "cleaned_data", {})
    return said.get("zone") or form.initial["zone"], said.get("currency") or form.initial["currency"]


def _first_shop(said: dict[str, str]) -> dict[str, str]:
    """A second file most often belongs to the shop that is there already; a first one may say zone and currency."""
    shops = reading.shops()
    if not shops:
        return {"zone": "Europe/London", "currency": "EUR", **said}
    return {"shop": shops[0].name, "account": shops[0].account, "zone": shops[0].zone, "currency": shops[0].currency}


@administrators_only
def progress(request: HttpRequest, import_id: UUID) -> HttpResponseBase:
    """The part of the page that is asked for again and again while the import runs."""
    job = get_object_or_404(Import, pk=import_id)
    return render(request, "progress_part.html", _progress(job))


def _progress(job: Import) -> dict[str, Any]:
    receipt = next((r for r in reading.receipts() if r.load_id == job.load_id), None) if job.load_id else None
    return {"title": "Import", "job": job, "receipt": receipt}
