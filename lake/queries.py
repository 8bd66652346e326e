"""What `make sql` answers: statements that read, in a shell of DuckDB that reaches the lake and nothing else.

What is given as `Q` or piped in is parsed first, so nothing is written. What a person types at the shell's prompt is
not: there DuckDB keeps to the lake's folder, and within it lets COPY … TO, ATTACH and EXPORT write, even over the files
of a snapshot. So the shell is a person's, who is asked before an agent opens one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

from lake.catalog import view_script
from lake.errors import LakeError
from lake.layout import Lake

if TYPE_CHECKING:
    import duckdb

    from lake.snapshots import Snapshot

_GAP = r"(?:\s|--[^\n]*(?:\n|$)|/\*.*?\*/)*"
_EXPLAIN = re.compile(
    rf"{_GAP}explain\b{_GAP}(?:analyze\b)?{_GAP}(\([^)]*\))?(.*)", re.DOTALL | re.IGNORECASE
)
#: Functions that a SELECT can call and that do more than read: write a log where one says, run a text as SQL, look at
#: an address of memory. A test holds the list to the functions that DuckDB has.
ACTING = re.compile(
    r"(arrow|pandas|seq)_scan\w*|(force_)?checkpoint|(en|dis)able_\w+|truncate_duckdb_logs|python_map_function"
    r"|json_execute_serialized_sql|query(_table)?|read_duckdb",
)
_NAME = re.compile(r'"((?:[^"]|"")*)"|([\w$]+)')
#: DuckDB's own command that ends what would reach files, programs or settings; it comes after what is set.
SAFE_MODE = ".safe_mode"


def check_query(text: str) -> None:
    """Let pass what reads: SELECT, FROM, WITH, VALUES, SHOW, DESCRIBE, SUMMARIZE, PIVOT, and EXPLAIN of them.

    Raises:
        LakeError: it is not SQL, or holds a statement of another kind: COPY … TO would write into the lake; or it
            calls what does more than read.
    """
    if not (statements := _statements(text)):
        raise LakeError('there is no query: make sql Q="from gold.mart_demand_daily limit 5"')
    for statement in statements:
        if not _reads(statement):
            kind = statement.type.name.replace("_", " ")
            raise LakeError(
                f"{kind} is no query: SELECT, FROM, WITH, VALUES, SHOW, DESCRIBE, SUMMARIZE, PIVOT, and EXPLAIN of "
                "them are answered. For tables of your own, `lake.connect()` is DuckDB in memory with the same views"
            )
    for called in _called(text):
        if ACTING.fullmatch(called):
            raise LakeError(f"{called}(…) does more than read, and is not answered")


def _called(text: str) -> Iterator[str]:
    """Yield the names that stand before a parenthesis, in lower case; comments may stand between, and be nested."""
    import duckdb

    raw = text.encode()
    for (start, _), (after, _) in pairwise(duckdb.tokenize(text)):
        if raw[after : after + 1] == b"(" and (name := _NAME.match(raw[start:after].decode())):
            yield (name[1] or name[2] or "").lower()


def _statements(text: str) -> list[duckdb.Statement]:
    import duckdb

    try:
        return duckdb.extract_statements(text)
    except duckdb.Error as error:
        raise LakeError(f"this is no SQL: {error}") from error


def _reads(statement: duckdb.Statement) -> bool:
    """Say whether a statement only reads."""
    import duckdb

    kinds = duckdb.StatementType
    # PIVOT is made into a type of the values it finds, and a SELECT; neither has a text.
    if statement.type == kinds.SELECT or (statement.type == kinds.CREATE and not statement.query):
        return True
    if statement.type != kinds.EXPLAIN:
        return False
    # EXPLAIN ANALYZE carries out what it explains. Parentheses hold options, or begin a SELECT.
    found = _EXPLAIN.fullmatch(statement.query)
    for explained in [f"{found[1] or ''}{found[2]}", found[2]] if found else []:
        try:
            return all(_reads(inner) for inner in _statements(explained))
        except LakeError:
            continue
    return False


def preparation(lake: Lake, snapshot: Snapshot) -> str:
    """Return the SQL that opens a shell on a snapshot: its views, and that no file outside the lake is reached."""
    places = dict.fromkeys(f"'{path}/'" for path in (lake.root, lake.root.resolve(), snapshot.path.resolve()))
    return f"set timezone = 'UTC';\n{view_script(snapshot)}set allowed_directories = [{', '.join(places)}];\n"
