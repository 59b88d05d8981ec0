"""What the book of work remembers."""

from holdfast.accounts.models.account import Account, SavedView
from holdfast.accounts.models.audit import Audit, NeverRewritten
from holdfast.accounts.models.discovery import Heard, Question
from holdfast.accounts.models.guests import GuestLink, GuestVisit
from holdfast.accounts.models.people import Book, Person, Role, Seat, Team
from holdfast.accounts.models.timeline import Contact, Entry, Task, Touchpoint
from holdfast.accounts.models.work import Attendance, Evidence, Line, Participant, Rating, Remark, WorkObject

__all__ = [
    "Account", "Attendance", "Audit", "Book", "Contact", "Entry", "Evidence", "GuestLink", "GuestVisit", "Heard",
    "Line", "NeverRewritten", "Participant", "Person", "Question", "Rating", "Remark", "Role", "SavedView", "Seat",
    "Task", "Team", "Touchpoint", "WorkObject",
]  # fmt: skip
