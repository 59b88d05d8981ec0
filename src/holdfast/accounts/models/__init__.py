"""What the book of work remembers."""

from holdfast.accounts.models.account import COMPANY, SHOPS, Account, SavedView, source_of
from holdfast.accounts.models.audit import Audit, NeverRewritten
from holdfast.accounts.models.commercial import Approval, Expansion
from holdfast.accounts.models.discovery import Heard, Question
from holdfast.accounts.models.guests import GuestLink, GuestVisit
from holdfast.accounts.models.health import HealthOverride
from holdfast.accounts.models.people import Book, Person, Role, Seat, Team
from holdfast.accounts.models.renewal import Contract, Forecast, PipelineLine, PipelineSnapshot, Renewal, StageMove
from holdfast.accounts.models.review import IssuedReview, ReviewDraft
from holdfast.accounts.models.schedule import Schedule
from holdfast.accounts.models.timeline import Contact, Entry, Task, Touchpoint
from holdfast.accounts.models.told import CalendarFeed, Digest, MailChoice, Notice, Snooze
from holdfast.accounts.models.work import Attendance, Evidence, Line, Participant, Rating, Remark, WorkObject

__all__ = [
    "COMPANY", "SHOPS", "Account", "Approval", "Attendance", "Audit", "Book", "CalendarFeed", "Contact", "Contract",
    "Digest", "Entry", "Evidence", "Expansion", "Forecast", "GuestLink", "GuestVisit", "HealthOverride", "Heard",
    "IssuedReview", "Line", "MailChoice", "NeverRewritten", "Notice", "Participant", "Person", "PipelineLine",
    "PipelineSnapshot", "Question", "Rating", "Remark", "Renewal", "ReviewDraft", "Role", "SavedView", "Schedule",
    "Seat", "Snooze", "StageMove", "Task", "Team", "Touchpoint", "WorkObject", "source_of",
]  # fmt: skip
