"""Nager.Date: public holidays, one batch per country and year."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

import dlt
import pyarrow as pa

from bronze.addresses import joined
from bronze.client import Client
from bronze.columns import FLAG, OTHER_FIELDS, TEXT, WHOLE, as_other_fields, batch_of
from bronze.errors import BatchError
from bronze.http import NO_CONTENT, client, get_json
from bronze.offers import Offer, hashed
from bronze.scope import parse_months
from bronze.tables import Table, rows_resource

HOLIDAYS = Table(
    "holidays",
    {
        "date": TEXT,
        "local_name": TEXT,
        "name": TEXT,
        "country_code": TEXT,
        "fixed": FLAG,
        "global": FLAG,
        "counties": TEXT,
        "launch_year": WHOLE,
        "types": TEXT,
        "source_record": WHOLE,
        OTHER_FIELDS: TEXT,
    },
)
TABLES = (HOLIDAYS,)
_PUBLISHED = {"local_name": "localName", "country_code": "countryCode", "launch_year": "launchYear"}
#: Published names of the fields that have a column.
_KNOWN = {_PUBLISHED.get(column, column) for column in HOLIDAYS.columns} - {"source_record", OTHER_FIELDS}
_LISTS = ("counties", "types")


@dataclass
class HolidayOffer(Offer):
    """The holidays of one year."""

    http: Client = field(kw_only=True)
    url: str = field(kw_only=True)
    year: int = field(kw_only=True)
    answer: list[dict[str, Any]] = field(init=False, default_factory=list)
    unit: ClassVar[str] = "holidays"

    def prepare(self) -> str | None:
        """Ask the upstream and hash the entries."""
        answer = get_json(self.http, self.url)
        if answer == NO_CONTENT:
            country = self.key.rpartition("/")[2]
            raise BatchError(
                f"{self.url} answered 204, which is nothing: the country {country!r} is unknown to "
                "Nager.Date; check sources.nager.country"
            )
        if not isinstance(answer, list) or not all(isinstance(entry, dict) for entry in answer):
            raise BatchError(f"{self.key}: the answer is no list of holidays but {str(answer)[:80]!r}")
        bare = [number for number, entry in enumerate(answer, 1) if not entry.get("date")]
        if bare or not answer:
            raise BatchError(f"{self.key}: entries without a date: {bare or 'the list is empty'}")
        self.answer = answer
        self.facts.other_fields = sorted({name for entry in answer for name in entry} - _KNOWN)
        self.facts.content_hash = hashed(answer)
        return self.facts.content_hash

    def close(self) -> None:
        """Let go of the answer."""
        self.answer = []

    def rows(self) -> Iterator[pa.RecordBatch]:
        """Yield the entries as answered; lists as JSON text, and so are fields that have no column."""
        if not self.answer:
            self.prepare()

        def value(entry: dict[str, Any], column: str) -> Any:
            if column == OTHER_FIELDS:
                return as_other_fields({name: entry[name] for name in entry if name not in _KNOWN})
            found = entry.get(_PUBLISHED.get(column, column))
            return json.dumps(found) if column in _LISTS and found is not None else found

        entries = len(self.answer)
        columns = {column: [value(entry, column) for entry in self.answer] for column in HOLIDAYS.columns}
        yield batch_of(HOLIDAYS.columns, columns | {"source_record": range(1, entries + 1)}, self.key)
        self.facts.rows_counted = entries
        self.facts.months = sorted({month for entry in self.answer if (month := _month(entry["date"]))})
        self.watch("rows", entries, entries)


def _month(date: str) -> str | None:
    """Return the month of a date as silver reads it, so that this is the month that is built anew; None where it does not."""
    try:
        return f"{datetime.strptime(date.strip(' '), '%Y-%m-%d'):%Y-%m}"  # noqa: DTZ007  # a day has no zone
    except ValueError:
        return None


def list_offers(base_url: str, country: str, months: str) -> Iterator[HolidayOffer]:
    """Yield an offer for every year in scope, and for the year after a December.

    A 1 January that falls on a Saturday is observed on 31 December, and stands in the later year's answer.
    """
    wanted = parse_months(months)
    years = {int(month[:4]) for month in wanted}
    years |= {int(month[:4]) + 1 for month in wanted if month.endswith("-12")}
    http = client()
    for year in sorted(years):
        yield HolidayOffer(
            source="nager",
            table=HOLIDAYS.name,
            batch=f"{country.lower()}-{year}",
            key=f"PublicHolidays/{year}/{country.upper()}",
            http=http,
            url=joined(base_url, f"PublicHolidays/{year}/{country.upper()}"),
            year=year,
        )


@dlt.source(name="nager", max_table_nesting=0)
def nager(
    base_url: str = dlt.config.value,
    country: str = dlt.config.value,
    months: str = dlt.config.value,
) -> Any:
    """Public holidays, as answered.

    Args:
        base_url: address of the API, up to and with its version.
        country: two-letter code.
        months: such as `2024-02..2024-05, 2024-10`; whole years are asked for.
    """
    offers = dlt.resource(list_offers, name="offers", selected=False)(base_url, country, months)
    return offers, *(offers | rows_resource(table) for table in TABLES)
