"""Which columns of a file tell who somebody is or where they live, so that rejected rows can be shown without them."""

from __future__ import annotations

from collections.abc import Iterable

from holdfast.sources.files.dialect import folded
from holdfast.sources.files.mapping import Mapping
from holdfast.sources.files.synonyms import synonyms
from holdfast.warehouse.staging import MASK as MASK

_FIELDS = ("email", "phone", "first_name", "last_name")
_WITHIN = (
    "email", "courriel", "phone", "telefon", "firstname", "lastname", "surname", "vorname", "nachname", "fullname",
    "customername", "clientname", "buyername", "billingname", "shippingname", "kundenname", "address", "adresse",
    "street", "strasse", "postcode", "postalcode", "birth",
)  # fmt: skip
_WHOLE = (
    "billingzip", "shippingzip", "zip", "plz", "billingcity", "shippingcity", "city", "ort", "company", "customer",
)  # fmt: skip


def personal(mapping: Mapping, grain: str, headers: Iterable[str]) -> frozenset[str]:
    """The headers whose cells are masked: mapped to e-mail, phone or name, or called so or like an address."""
    columns = mapping.columns.get(grain, {})
    mapped = {folded(header) for name in _FIELDS for header in columns.get(name, ())}
    numbers = {folded(header) for header in columns.get("customer_id", ())}
    words = {word for name in _FIELDS for word in synonyms("customers")[name]} | mapped | set(_WHOLE) - numbers
    return frozenset(h for h in headers if folded(h) in words or any(word in folded(h) for word in _WITHIN))
