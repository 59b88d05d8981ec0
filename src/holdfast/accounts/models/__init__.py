"""What the book of work remembers."""

from holdfast.accounts.models.account import Account, SavedView
from holdfast.accounts.models.audit import Audit, NeverRewritten
from holdfast.accounts.models.people import Book, Person, Role, Seat, Team
from holdfast.accounts.models.timeline import Contact, Entry, Task, Touchpoint

__all__ = [
    "Account", "Audit", "Book", "Contact", "Entry", "NeverRewritten", "Person", "Role", "SavedView", "Seat", "Task",
    "Team", "Touchpoint",
]  # fmt: skip
