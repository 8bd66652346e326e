"""What compares each thing on the list: values that engines are known to read, round, order or count in their own way.

A case is an expression over columns of one letter, and each letter is a pool (`pools.py`): all pairs of what two letters hold are asked.
What stands behind `where` leaves out what stops DuckDB itself. A case that begins with `select` is asked as it stands.
"""

from __future__ import annotations

#: No long fraction, which is refused as a whole number.
_SHORT = "length(n) < 16 or n not like '%.%'"
_NUMERIC = {
    "abs(double)": "abs(d)",
    "abs(int)": "abs(i)",
    "arithmetic(decimal)": "-74.06 + 0.1",
    "arithmetic(decimal, double)": "0.758 * d; d - 111.2",
    "arithmetic(decimal, int)": "0.95 * i",
    "arithmetic(double)": "d + e; d - e; d * e; -d",
    "arithmetic(double, int)": "d + i; i - d; d * i",
    "arithmetic(int)": "i + j; i - j; i * j; -i; year(m) * 1000000; length(t) + 2147483647; year(m) - 2147483648",
    # Rounded as models round them: their last digit is that of a library, DuckDB's own of the machine's.
    "asin(double)": "round(asin(d), 6) where d between -1 and 1",
    "cos(double)": "round(cos(d), 6) where abs(d) < 100",
    "sin(double)": "round(sin(d), 6) where abs(d) < 100",
    "radians(double)": "radians(d)",
    "exp(double)": "round(exp(d), 6) where abs(d) < 10",
    "ln(int)": "round(ln(i), 6) where i > 0",
    "sqrt(double)": "sqrt(d) where d >= 0",
    "pow(double, int)": "pow(d, 2)",
    "div(double, a written decimal)": "d / 1.8",
    "div(double, a written int)": "d / 60",
    "div(int, a written decimal)": "i / 1000000.0",
    "div(int, a written int)": "i / 60000",
    "div(decimal, int)": "1.0 / i where i <> 0",
    "div(int, double)": "i / d where d is null or d <> 0",
    "intdiv(int, a written int)": "i // 3600; i // 7; i // cast(16384 as integer)",
    "mod(int, a written int)": "i % 3600; i % 7; i % cast(16384 as integer)",
    "greatest(double, int)": "greatest(d, 0); greatest(d, i)",
    "least(int)": "least(i, j)",
    "round(double)": "round(d)",
    # Where DuckDB gives -0.0 engines have a whole number, which knows none.
    "floor(double)": "floor(d) where d is null or d <> 0",
    "ceil(double)": "ceil(d) where d is null or d > 0 or d <= -1",
    "round(double, 3)": "round(d, 3)",
    "round(double, 6)": "round(d, 6)",
    "nullif(double, int)": "nullif(d, 0)",
    "nullif(int, int)": "nullif(i, 0)",
    "compare(decimal, double)": "d between 40.4 and 41.2; d < -74.02",
    "compare(decimal, int)": "i >= 0.95; c < i",
    "compare(double)": "d = e; d <> e; d < e; d <= e; d between e and d",
    "compare(double, int)": "d = 0; d < i; d between -90 and 90",
    "compare(int)": "i = j; i < j; i in (1, 7); i is distinct from j",
    "cast boolean to int": "cast(b as integer)",
    "cast double to bigint": "cast(d as bigint) where abs(d) < 1e15",
    "cast double to int": "cast(d as integer) where abs(d) < 2e9",
    "cast double to double": "cast(d as double)",
    "cast int to bigint": "cast(i as bigint)",
    "cast int to int": "cast(s as integer)",
    "cast int to smallint": "cast(s as smallint)",
    "cast null to bigint": "cast(null as bigint)",
    "cast null to int": "cast(null as integer)",
    "cast null to text": "cast(null as varchar)",
    "cast text to int": f"cast(n as integer) where try_cast(n as integer) is not null and ({_SHORT})",
    "trycast text to int": f"try_cast(n as integer) where {_SHORT}",
    "trycast text to bigint": f"try_cast(n as bigint) where {_SHORT}",
    "trycast text to double": "try_cast(n as double)",
    "trycast double to int": "try_cast(d as integer)",
}
_OF_TEXT = {
    "cast double to text": "cast(d as varchar) where d is null or isnan(d) or isinf(d) or d = 0 or (abs(d) >= 1e-4 and abs(d) < 1e16)",
    "cast int to text": "cast(i as varchar)",
    "cast text to text": "cast(t as varchar)",
    "chr(int)": "chr(10)",
    "compare(text)": "t = u; t < u; t <= u; t in ('', 'NULL', '\\N'); t is distinct from u; t is not distinct from u",
    "concat(text)": "concat(t, '|', u)",
    "concatws(text)": "concat_ws(', ', t, u)",
    "contains(text, text)": "contains(t, '/'); contains(t, '%')",
    "dpipe(text, int)": "' at ' || i",
    "dpipe(text, text)": "t || u",
    "endswith(text, text)": "ends_with(t, ' ')",
    "startswith(text, text)": "starts_with(t, ' ')",
    "left(text, int)": "left(t, 2); left(t, 0)",
    "right(text, int)": "right(t, 2); right(t, 10)",
    "length(text)": "length(t)",
    "strlen(text)": "strlen(t)",
    "lower(text)": "lower(t)",
    "md5(text)": "md5(t)",
    "nullif(text, text)": "nullif(t, '')",
    "pad(text, int, text)": "rpad(t, 7, '0')",
    "regexpextract(text, text, int)": "regexp_extract(t, '^0*([1-9][0-9]*|0)', 1); regexp_extract(t, '[0-9]{2}', 0)",
    "regexpfullmatch(text, text)": r"regexp_full_match(t, '\S+( \S+)*'); regexp_full_match(t, '[0-9]+([.,][0-9]*)?[eE]\+?[0-9]+')",
    "regexplike(text, text)": r"regexp_matches(t, '^(JC|HB)?SYS'); regexp_matches(t, '(?im)^8D\b|\bdepot$')",
    "regexpreplace(text, text, text, text)": r"""regexp_replace(t, '\s+', ' ', 'g');"""
    r""" regexp_replace(t, '^(=?"|'')([^"]+)"?$', '\2', 'g')""",
    "replace(text, text, text)": "replace(t, '-', '')",
    "splitpart(text, text, 1)": "split_part(t, '-', 1)",
    "trim(text)": "trim(t)",
}
_OF_TIMES = {
    "add(date, int)": "a + 1",
    "add(date, interval)": "a + to_hours(s) where abs(s) < 24",
    "add(timestamp, interval)": "m + interval 1 month; m + interval 1 hour",
    "sub(timestamp, interval)": "m - interval 1 year; m - interval 1 hour",
    "sub(instant, interval)": "epoch_us(timezone('America/New_York', m) - interval 1 hour) where year(m) > 1900",
    "to_hours(int)": "m + to_hours(s) where abs(s) < 24",
    "to_seconds(int)": "m - to_seconds(s) where abs(s) < 24",
    "interval(text, DAY)": "m + interval 1 day",
    "interval(text, HOUR)": "m + interval 1 hour",
    "interval(text, MINUTE)": "m + interval 60 minute",
    "interval(text, MONTH)": "m + interval 1 month",
    "interval(text, MONTHS)": "m + interval 13 months",
    "interval(text, YEAR)": "m - interval 1 year",
    "cast date to timestamp": "cast(a as timestamp)",
    "cast timestamp to date": "cast(m as date)",
    "cast timestamp to text": "cast(m as varchar)",
    "cast text to timestamp": "cast(left(w, 7) || '-01' as timestamp) where try_cast(left(w, 7) || '-01' as timestamp)"
    " is not null and length(w) > 9 and w not like '%/%' and w not like '____-_-%'",
    "trycast text to timestamp": "case when regexp_full_match(w, ' *[0-9]{4}-[0-9]{2}-[0-9]{2}"
    " ([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,6})? *') then try_cast(w as timestamp) end",
    "compare(date)": "a = q; a < q; a between q and a",
    "compare(timestamp)": "m = k; m < k; m between k and k + interval 1 year",
    "least(timestamp)": "least(m, k)",
    "datediff(date, date, DAY)": "date_diff('day', a, q)",
    "datediff(timestamp, timestamp, HOUR)": "date_diff('hour', m, k)",
    "datediff(timestamp, timestamp, SECOND)": "date_diff('second', m, k)",
    "datediff(timestamp, timestamp, MICROSECOND)": "date_diff('microsecond', m, k)",
    "day(timestamp)": "day(m)",
    "hour(timestamp)": "hour(m)",
    "year(timestamp)": "year(m)",
    "year(date)": "year(a)",
    "month(date)": "month(a)",
    "quarter(date)": "quarter(a)",
    "weekofyear(date)": "weekofyear(a)",
    "dayname(date)": "dayname(a)",
    "dayofweekiso(date)": "isodow(a)",
    "lastday(date)": "last_day(a)",
    "epoch_us(date)": "epoch_us(a)",
    "epoch_us(timestamp)": "epoch_us(m)",
    "epoch_us(instant)": "epoch_us(timezone('America/New_York', m)) where year(m) > 1900",
    "unixtotime(int, 6)": "make_timestamp(i * 1000000)",
    "timestamptrunc(date, MONTH)": "date_trunc('month', a)",
    "timestamptrunc(timestamp, HOUR)": "date_trunc('hour', m)",
    "timetostr(date, '%Y-%m')": "strftime(a, '%Y-%m')",
    "timetostr(timestamp, '%Y-%m')": "strftime(m, '%Y-%m')",
    "timetostr(timestamp, '%Y-%m-%d %H:%M:%S')": "strftime(m, '%Y-%m-%d %H:%M:%S')",
    "timezone('America/New_York', timestamp)": "epoch_us(timezone('America/New_York', m)) where year(m) > 1900",
    "timezone('America/New_York', instant)": "timezone('America/New_York', timezone('UTC', m)) where year(m) > 1900",
    "timezone('UTC', timestamp)": "timezone('America/New_York', timezone('UTC', m)) where year(m) > 1900",
    "try_strptime(text, '%Y-%m-%d')": "try_strptime(w, '%Y-%m-%d')",
    "try_strptime(text, '%Y-%m-%dT%H:%M')": "try_strptime(w, '%Y-%m-%dT%H:%M')",
    "try_strptime(text, '%Y-%m-%dT%H:%M:%SZ')": "try_strptime(w, '%Y-%m-%dT%H:%M:%SZ')",
    "try_strptime(text, ['%m/%d/%Y %H:%M:%S', '%m/%d/%Y %H:%M', '%m/%d/%Y %H:%M:%S.%f'])": "try_strptime(w,"
    " ['%m/%d/%Y %H:%M:%S', '%m/%d/%Y %H:%M', '%m/%d/%Y %H:%M:%S.%f'])",
}
_OF_LISTS = {
    "array()": "coalesce(l, cast([] as varchar[]))",
    "array(int)": "select s, unnest([0, 1, 23]) as told from pool_s",
    "array(text)": "[t, u]",
    "arraycontains(list of text, text)": "list_contains(l, 'Public')",
    "arrayfilter(list of text, lambda)": "list_filter([t, u], lambda one: one is not null)",
    "lambda is not null": "list_filter([t, u], lambda one: one is not null)",
    "arrayoverlaps(list of text, list of text)": "list_has_any(l, o)",
    "length(list of text)": "len(l)",
    "arraytostring(list of text, text)": "array_to_string(l, ', ')",
    "cast list of int to text[]": "cast([] as varchar[])",
    "trycast text to json": "try_cast(try_cast(p as json) as varchar[]) where p = '[]' or p like '%[%\"%\"%]%' and p not like '%[[%'"
    " and p not like '%null%' and p not like '%ud800\"%'",
    "trycast json to text[]": "try_cast(try_cast(p as json) as varchar[]) where p = '[]' or p like '%[%\"%\"%]%' and p not like '%[[%'"
    " and p not like '%null%' and p not like '%ud800\"%'",
    "explode(list of int)": "select s, unnest([0, 1, 23]) as told from pool_s",
    "explode(list of text)": "select s, unnest(['x', 'y']) as told from pool_s",
    "explode(list of timestamp)": "select m, unnest(generate_series(m, m + interval 1 day, interval 1 hour)) as told from pool_m",
    "generateseries(timestamp, timestamp, interval)": "select m, unnest(generate_series(m, m + interval 2 day, interval 1 hour))"
    " as told from pool_m union all select x.m, unnest(generate_series(x.m, y.m, interval 1 day)) as told from pool_m as x"
    " cross join pool_m as y where y.m < x.m + interval 1 month or y.m is null",
}


_COLUMNS = {"text": "t", "int": "i", "double": "d", "date": "a", "timestamp": "m", "boolean": "b"}


def _each(thing: str, expression: str, kinds: str, rows: str = "") -> dict[str, str]:
    """Return a case for each kind of values. A pool has rows by number, `r`, in groups `g`: the nulls, and two others."""
    return {
        thing.format(kind): f"select {expression} from pool_$ {rows}".replace("$", _COLUMNS[kind])
        for kind in kinds.split()
    }


_BACK = "over (partition by g order by r desc rows between unbounded preceding and unbounded following)"
_STEP = "over (partition by g % 2 order by r)"
_OF_ROWS = {
    **_each(
        "ordered({})",
        "r, row_number() over (order by $, r) as told, row_number() over (order by $ desc, r) as less",
        "boolean date double int text timestamp",
    ),
    **_each(
        "max({})", "g, r % 7 as part, max($) as told", "date double int text timestamp", "group by g, r % 7"
    ),
    **_each(
        "min({})", "g, r % 7 as part, min($) as told", "date double int text timestamp", "group by g, r % 7"
    ),
    **_each("count({})", "g, count($) as told", "double int", "group by g"),
    "count(star)": "select g, count(*) as told, count(*) filter (where r > 20) as some from pool_t group by g",
    **_each(
        "anyvalue({})",
        "g, any_value(case when r = 9 or g = 0 then $ end) as told",
        "double int text",
        "group by g",
    ),
    **_each("firstvalue({})", f"r, first_value($) {_BACK} as told", "double int text"),
    **_each(
        "lag({})",
        f"r, lag($) {_STEP} as told, lag($ ignore nulls) {_STEP} as known",
        "boolean double int text",
    ),
    **_each(
        "lead({})",
        f"r, lead($) {_STEP} as told, lead($ ignore nulls) {_STEP} as known",
        "double text timestamp",
    ),
    "rownumber()": "select r, row_number() over told as told, first_value(t) over told as first from pool_t"
    " window told as (partition by g order by t desc, r rows between unbounded preceding and current row)",
    "qualify a place": "select g, r from pool_t qualify row_number() over (partition by g order by t desc, r) = 1",
    "window by name": "select r, sum(i) over told as told, r - sum(i) over told - i as less from pool_i"
    " window told as (partition by g order by r)",
    "window without a frame": "select r, sum(i) over (partition by g order by i) as told, count(*) over (order by i desc) as among,"
    " first_value(i) over (partition by g order by i desc) as first from pool_i",
    "frame rows unbounded preceding current row": "select r, sum(i) over (partition by g order by i, r rows between"
    " unbounded preceding and current row) as told from pool_i",
    "frame rows unbounded preceding unbounded following": f"select r, first_value(t) {_BACK} as told from pool_t",
    "logicaland(boolean)": "select g, bool_and(b) as told from pool_b group by g",
    "logicalor(boolean)": "select g, bool_or(b) as told from pool_b group by g",
    "sum(int)": "select g, sum(i) as told from pool_i group by g",
    # Rounded as models round it: DuckDB's own threads add in any order.
    "sum(double)": "select g, round(sum(d), 6) as told from pool_d where d is null or abs(d) < 1000 group by g",
    "avg(double)": "select g, round(avg(d), 6) as told from pool_d where d is null or abs(d) < 1000 group by g",
    "avg(double in order)": "select g, round(avg(d order by r), 6) as told from pool_d where d is null or abs(d) < 1000 group by g",
    "stddevsamp(double in order)": "select g, round(stddev_samp(d order by r), 6) as told from pool_d"
    " where d is null or abs(d) < 1000 group by g union all select r, stddev_samp(d order by r) from pool_d where r = 9 group by r",
    "median(double)": "select g, median(d) as told, median(d) filter (where r % 2 = 0) as some from pool_d group by g"
    " union all select r, median(d), null from pool_d group by r"
    # of two, each with each
    " union all select x.r * 100 + y.r, median(z.d), null from pool_d as x inner join pool_d as y on x.r < y.r"
    " inner join pool_d as z on z.r = x.r or z.r = y.r group by x.r, y.r",
    "list_aggregate(list of double, 'median')": "select g, list_aggregate(list(d) filter (where r % 2 = 0), 'median') as told from pool_d"
    " group by g",
    "arrayagg(double)": "select g, list_aggregate(list(d) filter (where r > 5), 'median') as told from pool_d"
    " where d is null or abs(d) < 1e9 group by g",
    "arrayagg(distinct text)": "select g, len(list(distinct t)) as told, len(list(distinct t) filter (where r = 2)) as some"
    " from pool_t group by g",
    "arrayagg(distinct text in order)": "select g, list(distinct t order by t) as told from pool_t group by g",
    "arrayagg(text in order)": "select g, list(t order by length(t), t) as told from pool_t group by g",
    **{
        f"argmax({kind}, timestamp)": f"select g, max_by({column}, m) as told from pool_{column}"
        " inner join (select r as moment, m from pool_m) as moments on r = moment group by g"
        for kind, column in _COLUMNS.items()
        if kind in ("double", "int", "text")
    },
    # Nobody reads the number itself: only whether two are the same.
    "hash(text)": "select a.r, b.r as other from pool_t as a inner join pool_t as b on hash(a.t) = hash(b.t)",
    "hash(text, double, int)": "with all_ as (select r, hash(t, d, i) as h from (select pool_t.r, t, d, i from pool_t"
    " left join pool_d on pool_t.r = pool_d.r left join pool_i on pool_t.r = pool_i.r) as told union all"
    " select r + 100, hash('', d, i) from (select pool_d.r, d, i from pool_d cross join pool_i) as told2)"
    " select a.r, b.r as other from all_ as a inner join all_ as b on a.h = b.h",
    "hash(text, timestamp)": "with all_ as (select hash(t, m) as h, t, m from pool_t cross join pool_m)"
    " select a.t, a.m, b.t as other, b.m as moment from all_ as a inner join all_ as b on a.h = b.h",
    # what is joined and put together
    "compare(int, query of int)": "select r from pool_i where i in (select s from pool_s)",
    "compare(query of text, text)": "select r from pool_t where t is null or t not in (select t from pool_t where g = 1)",
    "except distinct": "select t from pool_t except select u from pool_u where r > 5",
    "union all": "select t from pool_t union all select u from pool_u",
    "union distinct": "select d from pool_d union distinct select e from pool_e",
    "join cross": "select i, b from pool_i cross join pool_b",
    "join inner": "select x.r, y.r as other from pool_d as x inner join pool_e as y on x.d = y.e",
    "join left": "select x.r, y.r as other from pool_t as x left join pool_u as y on x.t = y.u and y.r > 9",
    "join semi": "select x.r from pool_t as x semi join pool_u as y on x.t = y.u",
}
CASES = _NUMERIC | _OF_TEXT | _OF_TIMES | _OF_LISTS | _OF_ROWS
