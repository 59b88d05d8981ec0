"""A buyer as one source knows them, and apart from it how to reach them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """A buyer profile of a shop's source. None is "the source does not say"."""

    customer_id: str  # what the source knows the buyer by
    customer_number: str | None = None  # the id the source shows; None where a buyer is known by e-mail only
    email_hash: str | None = None  # salted SHA-256 of the lower-cased e-mail
    phone_hash: str | None = None  # salted SHA-256 of the telephone number in E.164
    country: str | None = None  # as the source writes it
    account_created_at: datetime | None = None  # UTC; None when the buyer has no account or nobody knows
    is_guest: bool | None = None  # bought without an account
    is_test: bool | None = None
    is_staff: bool | None = None  # the merchant's own people
    imported: bool | None = None  # from an older shop: account_created_at is not the real moment
    email_consent: str | None = None  # marketing consent as the source writes it
    sms_consent: str | None = None
    tags: str | None = None  # comma separated


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerIdentifier:
    """An e-mail or telephone number that a buyer gave, and where: only its salted hash."""

    customer_id: str
    type: str  # email or phone
    identifier_hash: str  # salted SHA-256
    seen_in: str  # customer, order, or the table it stood in
    first_seen: datetime | None = None  # UTC; None where no row was dated
    last_seen: datetime | None = None
    verified: bool | None = None  # the source says that the person proved it to be theirs
    paid: bool | None = None  # it stood on an order that was paid
    local_hash: str | None = None  # of what stands before an e-mail's @, 16 digits
    domain_hash: str | None = None  # of what stands behind it


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerContact:
    """Names and addresses of a person: kept in one place, and out of every log line."""

    customer_id: str
    email: str | None = field(default=None, repr=False)
    phone: str | None = field(default=None, repr=False)
    first_name: str | None = field(default=None, repr=False)
    last_name: str | None = field(default=None, repr=False)
