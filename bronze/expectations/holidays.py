"""Holidays as answered: one version of one country and year."""

from __future__ import annotations

from bronze.expectations.rules import (
    FINDING,
    WARNING,
    broken_query,
    broken_rows,
    columns_are,
    not_empty,
    unique,
)

KINDS = "['Public', 'Bank', 'School', 'Authorities', 'Optional', 'Observance']"
_YEAR = "cast(right(batch, 4) as integer)"
_IS_NO_TEXT = "coalesce(json_type(item), 'NULL') <> 'VARCHAR'"
_DATE = "try_cast(date as date)"


def _list(column: str) -> str:
    """Return SQL for the texts in a JSON array column; null where it is anything but a list of texts."""
    parsed = f"try_cast({column} as json)"
    others = f"list_filter(try_cast({parsed} as json[]), lambda item: {_IS_NO_TEXT})"
    return f"case when len({others}) = 0 then try_cast({parsed} as varchar[]) end"


RULES = [
    not_empty("Without holidays, their effect shows up as bad weekdays."),
    columns_are(
        [
            "date", "local_name", "name", "country_code", "fixed", "global", "counties", "launch_year",
            "types", "source_record", "other_fields", "batch", "version",
        ],
        "Silver reads these columns by name; a renamed field would turn into nulls.",
    ),
    broken_rows(
        "date_format",
        "dates are written as YYYY-MM-DD",
        r"not coalesce(regexp_full_match(date, '\d{4}-\d{2}-\d{2}'), false) "
        f"or {_DATE} is null",
        reason="A holiday whose day cannot be read is lost, and its day is taken for an ordinary one.",
        show=("date", "name"),
    ),
    broken_rows(
        "year",
        "dates lie in the batch's year, or next to it",
        f"abs(year({_DATE}) - {_YEAR}) > 1",
        reason="A New Year observed early lies in the year before; all else is another year's answer.",
        show=("date", "name"),
    ),
    broken_query(
        "enough_public",
        "the batch's year has at least 5 public holidays",
        f"""
        select count(*) filter (types like '%"Public"%' and year({_DATE}) = {_YEAR}) as public_holidays
        from {{batch}}
        having count(*) > 0 and count(*) filter (types like '%"Public"%' and year({_DATE}) = {_YEAR}) < 5
        """,
        reason="Fewer than half of a year's public holidays means a cut or changed answer.",
        counts=FINDING,
    ),
    broken_rows(
        "country",
        "the country is the batch's",
        "country_code is distinct from upper(left(batch, length(batch) - 5))",
        reason="Another country's holidays would mark ordinary days here.",
        show=("date", "name", "country_code"),
    ),
    broken_rows(
        "name",
        "every holiday has a name",
        "coalesce(trim(name), '') = ''",
        reason="The effect of holidays is shown by name.",
        show=("date", "name"),
    ),
    broken_rows(
        "types_readable",
        "types is a list of at least one kind",
        f"coalesce(len({_list('types')}), 0) = 0",
        reason="Silver tells public holidays from observances by it.",
        show=("date", "name", "types"),
    ),
    broken_rows(
        "counties_readable",
        "counties is a list, or nothing",
        f"counties is not null and ({_list('counties')}) is null",
        reason="Silver takes from it which holidays hold in New York and New Jersey.",
        show=("date", "name", "counties"),
    ),
    broken_rows(
        "types_known",
        "types are known kinds of holiday",
        f"not coalesce(list_has_all({KINDS}, {_list('types')}), true)",
        reason="A new kind counts as no holiday until silver learns it.",
        severity=WARNING,
        show=("date", "name", "types"),
    ),
    broken_rows(
        "global_or_counties",
        "a holiday holds everywhere or says where",
        '"global" is null or "global" = (counties is not null)',
        reason="Where it holds is unclear, so New York and New Jersey may get it wrongly.",
        severity=WARNING,
        show=("date", "name", '"global"', "counties"),
    ),
    broken_query(
        "fixed_days",
        "New Year's, Independence and Christmas days are there",
        f"""
        select day as missing_day
        from (
            select unnest(['-01-01', '-07-04', '-12-25']) as tail, min(right(batch, 4)) as year from {{batch}}
        ) as expected, lateral (select expected.year || expected.tail as day)
        where not exists (
            select 1 from {{batch}} where abs(date_diff('day', {_DATE}, cast(day as date))) <= 1
        )
        """,
        reason="These three are in every year's answer, on the day or observed beside it.",
        severity=WARNING,
        counts="days missing",
    ),
    unique(
        "date",
        "name",
        "types",
        "counties",
        reason="An entry given twice does no harm but hints at a changed upstream.",
        severity=WARNING,
    ),
]  # fmt: skip
