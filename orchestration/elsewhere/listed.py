"""THE list: what models may be made of to run elsewhere, and how DuckDB's meaning is said in Spark's SQL.

A thing (`things.py`) is listed once `tests/orchestration/elsewhere/hostile.py` has values that compare it. `{0}`, `{1}` are
its arguments in Spark's SQL; None means that sqlglot's own spelling says the same. Times are without zone in a session
whose zone is UTC, and instants are UTC as well. What DuckDB reads and nobody has compared stops the query.

Models spell portably what would need more than a line here: columns in `group by`, a join for a tuple `in (select …)`, one
`unnest` in a select, with nothing around it and no aggregate within it, `qualify` for `row_number() … = 1` alone,
`count(case …)` for a filter over a window, `row_number()` over no frame but the rows up to its own. Not the same, and
harmless, are the numbers that `hash` gives, which nobody publishes, and the last digit of a sum, of `exp` or of `sin`, which
models round.
"""

from __future__ import annotations

#: What DuckDB trims: all that Unicode calls a space, and neither tab nor line feed.
_SPACES = " \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
#: What DuckDB passes over around a number or time.
_BLANK = r"[ \t\n\x0B\f\r]*"
_NUMBER = "[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?"
_NAN = "[+-]?[nN][aA][nN]"
_INFINITY = "[+-]?[iI][nN][fF]([iI][nN][iI][tT][yY])?"
#: Read by DuckDB alone: underscores between digits, and whole numbers to another base.
_UNDERSCORES = "[+-]?[0-9.]*[0-9]_[0-9][0-9._]*([eE][+-]?[0-9_]+)?"
_BASES = "0[xXbB][0-9a-fA-F_]+"


def spelt(text: str) -> str:
    """Return a text as Spark's SQL writes it, in a template."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'").replace("{", "{{").replace("}", "}}") + "'"


def all_of(pattern: str) -> str:
    """Return the pattern of a text that is all of it, on an engine whose `$` stands before a last line feed."""
    return rf"\A(?:{pattern})\z"


def _is(pattern: str) -> str:
    return "{0} rlike " + spelt(all_of(_BLANK + pattern + _BLANK))


def _refused(kind: str) -> str:
    return f"cast(raise_error(concat('not compared as {kind}: ', {{0}})) as {kind})"


_BARE = "btrim({0}, ' \\t\\n\\u000B\\u000C\\r')"


def _whole(kind: str) -> str:
    """Return the reading of a text as a whole number: `2.5` is 3, `1e3` is 1000."""
    number = f"try_cast({_BARE} as double)"
    return (
        f"case when {_is('[+-]?[0-9]+')} then try_cast({_BARE} as {kind})"
        f" when {_is(_NUMBER)} and length({{0}}) < 16 and not abs({number}) between 1e15 and 1e19"
        f" then try_cast(round({number}) as {kind})"
        f" when {_is(f'({_NUMBER}|{_UNDERSCORES}|{_BASES})')} then {_refused(kind)} end"
    )


def _read(pattern: str, iso: str, odd: str) -> str:
    """Return the reading of times of one form, which `iso` writes as ISO does; refused is what is `odd`, null all else."""
    again = f"regexp_replace({{0}}, {spelt(all_of(_BLANK + pattern + _BLANK))}, '{iso}')"
    read = f"try_cast({again} as timestamp_ntz)"
    return f"case when {_is(pattern)} then {read} when {_is(odd)} then {_refused('timestamp_ntz')} end"


def _micros(number: int) -> str:
    return f"unix_micros(cast({{{number}}} as timestamp))"


#: From 1e16 up and below 1e-4 engines write exponents, each in its own way; between them Spark alone does.
_TEXT_OF_DOUBLE = (
    "case when isnan({0}) then 'nan' when abs({0}) = cast('infinity' as double) then if({0} > 0, 'inf', '-inf')"
    f" when {{0}} <> 0 and (abs({{0}}) < 1e-4 or abs({{0}}) >= 1e16) then {_refused('string')}"
    " when contains(cast({0} as string), 'E')"
    " then regexp_replace(cast(try_cast({0} as decimal(38, 20)) as string), '([.][0-9]+?)0*$', '$1')"
    " else cast({0} as string) end"
)
_TO_UTC = "convert_timezone('America/New_York', 'UTC', {0})"
_FROM_UTC = "convert_timezone('UTC', 'America/New_York', {0})"
_DAY = "([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})"
_ODD_DAY = "[0-9]{1,3}-[0-9]{1,2}-[0-9]{1,2}"
_CLOCK = "([0-9]{1,2}):([0-9]{1,2})"
_ISO = "([0-9]{4}-[0-9]{2}-[0-9]{2}( ([01][0-9]|2[0-3]):[0-9]{2}:[0-9]{2}([.][0-9]{1,6})?)?)"
_SLASHED = rf"([0-9]{{1,2}})/([0-9]{{1,2}})/([0-9]{{4}}) +{_CLOCK}(:[0-9]{{1,2}}([.][0-9]{{1,6}})?)?"
_LAST_COMMA = spelt(r",[ \t\n\r]*\][ \t\n\r]*\z")
_NOT_A_NUMBER = "cast('nan' as double)"

#: Said by sqlglot as it is meant.
_SAME = """
abs(double); abs(int); arithmetic(decimal); arithmetic(decimal, double); arithmetic(decimal, int); arithmetic(double)
arithmetic(double, int); arithmetic(int); asin(double); cos(double); exp(double); greatest(double, int); intdiv by a number
least(int); ln(int); mod by a number; pow(double, int); radians(double); round(double); sin(double); sqrt(double)
nullif(int, int); nullif(text, text); least(timestamp)
compare(date); compare(decimal, double); compare(decimal, int); compare(double); compare(double, int); compare(int)
compare(int, query of int); compare(query of text, text); compare(text); compare(timestamp)
ordered(boolean); ordered(date); ordered(double); ordered(int); ordered(text); ordered(timestamp)
cast boolean to int; cast date to timestamp; cast double to double; cast int to bigint; cast int to int
cast int to smallint; cast int to text; cast list to text[]; cast null to bigint; cast null to int
cast null to text; cast text to text; cast timestamp to date; cast timestamp to text
chr(int); concat(text); concatws(text); contains(text, text); dpipe(text, int); dpipe(text, text); endswith(text, text)
left(text, int); length(text); md5(text); pad(text, int, text); replace(text, text, text); right(text, int)
splitpart(text, text, 1); startswith(text, text)
interval(text, DAY); interval(text, HOUR); interval(text, MINUTE); interval(text, MONTH); interval(text, MONTHS)
interval(text, YEAR); add(date, int); add(timestamp, interval); sub(instant, interval); sub(timestamp, interval)
day(timestamp); hour(timestamp); lastday(date); month(date); quarter(date); weekofyear(date); year(date); year(timestamp)
timetostr(date, '%Y-%m'); timetostr(timestamp, '%Y-%m'); timetostr(timestamp, '%Y-%m-%d %H:%M:%S')
anyvalue(double); anyvalue(int); anyvalue(text); avg(double); count(); count(double); count(int); logicaland(boolean); logicalor(boolean); sum(double); sum(int)
max(date); max(int); max(text); max(timestamp); min(date); min(int); min(text); min(timestamp)
firstvalue(double); firstvalue(int); firstvalue(text); lag(boolean); lag(double); lag(int); lag(text)
lead(double); lead(text); lead(timestamp); rownumber()
array(); array(int); array(text); explode(list); lambda is not null
frame rows unbounded preceding current row; frame rows unbounded preceding unbounded following; window by name; window without a frame
except distinct; join cross; join inner; join left; join semi; qualify a place; union all; union distinct
"""
#: Said otherwise: things by what they are said as. A name in capitals is a method of `spark.py`.
_OTHERWISE = {
    # numbers
    # By 0 engines stop, where DuckDB says that it is infinite.
    "div by a number; div(decimal, int); div(int, double)": "(cast({0} as double) / cast({1} as double))",
    **{
        f"round(double, {digits})": f"case when abs({{0}}) < 1e300 then round({{0}} * 1e{digits}D) / 1e{digits}D else {{0}} end"
        for digits in (1, 3, 6)
    },
    # Engines tell -0.0 from 0.0 here, and lose the extremes of a group in which there is a NaN.
    "nullif(double, int)": "case when {0} = {1} then null else {0} end",
    "max(double)": f"case when bool_or(isnan({{0}})) then {_NOT_A_NUMBER} else max({{0}}) end",
    "min(double)": "coalesce(min(case when not isnan({0}) then {0} end),"
    f" case when bool_or(isnan({{0}})) then {_NOT_A_NUMBER} end)",
    "cast double to bigint": "cast(bround({0}) as bigint)",
    "cast double to int": "cast(bround({0}) as int)",
    "trycast double to int": "try_cast(bround({0}) as int)",
    "cast text to int; trycast text to int": _whole("int"),
    "trycast text to bigint": _whole("bigint"),
    "trycast text to double": f"case when {_is(_NAN)} then {_NOT_A_NUMBER}"
    f" when {_is(f'({_INFINITY}|{_NUMBER})')} then try_cast({_BARE} as double)"
    f" when {_is(_UNDERSCORES)} then {_refused('double')} end",
    # texts
    "cast double to text": _TEXT_OF_DOUBLE,
    "lower(text)": "lower(translate({0}, '\u0130\u03a3', 'i\u03c3'))",
    "strlen(text)": "octet_length({0})",
    "trim(text)": f"btrim({{0}}, '{_SPACES}')",
    "glob(text, text); regexpextract(text, text, int); regexpfullmatch(text, text); regexplike(text, text);"
    "regexpreplace(text, text, text, text)": "PATTERN",
    "hash(text); hash(text, double, int); hash(text, timestamp)": "HASH",
    # times
    "add(date, interval)": "(cast({0} as timestamp_ntz) + {1})",
    "cast text to timestamp; trycast text to timestamp": _read(_ISO, "$1", r"[0-9]+[/\-_].*"),
    "datediff(date, date, DAY)": "datediff({0}, {1})",
    "datediff(timestamp, timestamp, HOUR)": "timestampdiff(HOUR, date_trunc('hour', {1}), date_trunc('hour', {0}))",
    "datediff(timestamp, timestamp, SECOND)": "timestampdiff(SECOND, date_trunc('second', {1}), date_trunc('second', {0}))",
    "datediff(timestamp, timestamp, MICROSECOND)": f"({_micros(0)} - {_micros(1)})",
    "dayname(date)": "date_format({0}, 'EEEE')",
    "dayofweekiso(date)": "((dayofweek({0}) + 5) % 7 + 1)",
    "epoch_us(date); epoch_us(instant); epoch_us(timestamp)": _micros(0),
    "unixtotime(int, 6)": "cast(timestamp_micros({0}) as timestamp_ntz)",
    "timestamptrunc(date, MONTH)": "cast(date_add(last_day(add_months({0}, -1)), 1) as timestamp_ntz)",
    "timestamptrunc(timestamp, HOUR)": "cast(date_trunc('hour', {0}) as timestamp_ntz)",
    # A time that the clock shows twice is its second pass.
    "timezone('America/New_York', timestamp)": f"case when {_FROM_UTC.format(f'({_TO_UTC} + interval 1 hour)')} = {{1}}"
    f" then {_TO_UTC} + interval 1 hour else {_TO_UTC} end".replace("{0}", "{1}"),
    "timezone('America/New_York', instant)": _FROM_UTC.replace("{0}", "{1}"),
    "timezone('UTC', timestamp)": "{1}",
    "to_hours(int)": "({0} * interval 1 hour)",
    "to_seconds(int)": "({0} * interval 1 second)",
    "try_strptime(text, '%Y-%m-%d')": _read(_DAY, "$1-$2-$3", _ODD_DAY),
    "try_strptime(text, '%Y-%m-%dT%H:%M')": _read(
        f"{_DAY}T{_CLOCK}", "$1-$2-$3 $4:$5", f"{_ODD_DAY}T{_CLOCK}"
    ),
    "try_strptime(text, '%Y-%m-%dT%H:%M:%SZ')": _read(
        f"{_DAY}T{_CLOCK}:([0-9]{{1,2}})Z", "$1-$2-$3 $4:$5:$6", f"{_ODD_DAY}T{_CLOCK}:[0-9]{{1,2}}Z"
    ),
    "try_strptime(text, ['%m/%d/%Y %H:%M:%S', '%m/%d/%Y %H:%M', '%m/%d/%Y %H:%M:%S.%f'])": _read(
        _SLASHED, "$3-$1-$2 $4:$5$6", f"[0-9]{{1,2}}/[0-9]{{1,2}}/[0-9]{{1,3}} +{_CLOCK}(:[0-9.]+)?"
    ),
    # lists and JSON
    "generateseries(timestamp, timestamp, interval)": "SERIES",
    "arraycontains(list, text)": "case when {0} is not null then coalesce(array_contains({0}, {1}), false) end",
    "arrayfilter(list, lambda)": "array_compact({0})",
    "arrayoverlaps(list, list)": "case when {0} is not null and {1} is not null"
    " then coalesce(arrays_overlap({0}, {1}), false) end",
    "arraytostring(list, text)": "case when array_size({0}) = 0 or array_size(array_compact({0})) > 0 then array_join({0}, {1}) end",
    "length(list)": "array_size({0})",
    "trycast text to json": "{0}",
    "trycast json to text[]": f"from_json(regexp_replace({{0}}, {_LAST_COMMA}, ']'), 'array<string>')",
    # rows put together
    "argmax(double, timestamp); argmax(int, timestamp); argmax(text, timestamp)": "max_by({0}, {1})"
    " filter (where {0} is not null and {1} is not null)",
    "arrayagg(distinct in order); arrayagg(distinct); arrayagg(double); arrayagg(in order)": "GATHERED",
    # Models round what they add up of doubles: DuckDB's own threads add in any order.
    "avg(in order)": "avg({0})",
    "stddevsamp(in order)": "stddev_samp({0})",
    "first(in order)": "FIRST",
    "groupconcat(distinct in order, text); groupconcat(in order, text)": "JOINED",
    "list_aggregate(list of double, 'median'); median(double)": "MEDIAN",
}
LISTED: dict[str, str | None] = {
    **{one.strip(): None for line in _SAME.strip().splitlines() for one in line.split(";")},
    **{one.strip(): told for names, told in _OTHERWISE.items() for one in names.split(";")},
}
