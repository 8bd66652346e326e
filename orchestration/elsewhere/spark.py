"""A model's query in Spark's SQL: what is on the list as it says there, everything else as sqlglot has it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from sqlglot import exp
from sqlglot.dialects.spark import Spark

from orchestration.elsewhere.listed import LISTED
from orchestration.elsewhere.things import arguments, kind_of, thing, things

#: What patterns may have that looks like more than it is: RE2 takes these for ASCII, Rust for Unicode.
_CLASSES = {r"\s": r"[ \t\n\f\r]", r"\S": r"[^ \t\n\f\r]", r"\b": r"(?-u:\b)"}
_KNOWN = re.compile(r"\\[sSb.tnr\\\[\]+x/\"]|\\u[a-zA-Z]|[^\\]", re.DOTALL)


class UnlistedError(Exception):
    """Models use what was not compared: the message names them."""


def refuse_unlisted(models: Mapping[str, exp.Expression]) -> None:
    """See that models are made of what is on the list, and of nothing else.

    Raises:
        UnlistedError: they are not; each line of it names a model, the thing, and the SQL it is in.
    """
    lines = []
    for model, tree in models.items():
        try:
            to_spark(tree)
        except UnlistedError as error:
            lines += [f"{model}: {line}" for line in str(error).splitlines()]
    if lines:
        raise UnlistedError("what no test compares is not run elsewhere:\n  " + "\n  ".join(lines))


def to_spark(tree: exp.Expression) -> str:
    """Return the query in Spark's SQL.

    Raises:
        UnlistedError: it uses what is not on the list, a line for each.
    """
    others = {name: one.sql("duckdb")[:80] for name, one in things(tree) if name not in LISTED}
    if others:
        raise UnlistedError("\n".join(f"{name}, in {sql}" for name, sql in others.items()))
    tree = tree.copy()
    if isinstance(tree, exp.Select):
        tree.set("order", None)  # the rows of a file are in no order
    for cte in tree.find_all(exp.CTE):
        cte.set("materialized", None)
    for found in list(tree.walk()):
        name = thing(found)
        if name in ("compare(decimal, double)", "arithmetic(decimal, double)"):
            # DuckDB makes a double of the decimal, others a decimal of the double.
            for one in arguments(found):
                if kind_of(one) == "decimal":
                    one.replace(exp.cast(one.copy(), "double"))
        elif isinstance(found, (exp.Add, exp.Sub, exp.Mul)) and name == "arithmetic(int)":
            # What is a bigint in DuckDB may be an int elsewhere: a year, a length.
            found.set("this", exp.cast(found.this, "bigint", copy=False))
        elif name == "ordered(double)":
            # Told apart, -0.0 comes before 0.0.
            found.set("this", found.this + exp.cast(exp.Literal.number(0), "double"))
    writer = _Translation(dialect=Spark(), unsupported_level=None, comments=False)
    return str(writer.generate(tree, copy=False))


def steps(tree: exp.Expression, taken: set[str]) -> Iterator[tuple[str, str]]:
    """Take the steps that a query reads twice out of it, one after the other; yield each with its own query.

    Only those that do some work, and none that is called like something else, `taken`.
    """
    work = (exp.Join, exp.Window, exp.AggFunc, exp.Subquery, exp.SetOperation, exp.Explode)
    for cte in list(tree.ctes):
        reads = sum(table.name == cte.alias for table in tree.find_all(exp.Table))
        if reads > 1 and cte.alias not in taken and cte.this.find(*work) and not cte.this.ctes:
            query = cte.this.copy()
            before = tree.ctes[: tree.ctes.index(cte)]
            if before:
                query.set("with_", exp.With(expressions=[one.copy() for one in before]))
            yield cte.alias, to_spark(query)
            cte.pop()


def _text(node: exp.Expression) -> str:
    """Return a text that is written in the query, if in several pieces."""
    if isinstance(node, exp.DPipe):
        return _text(node.this) + _text(node.expression)
    if not isinstance(node, exp.Literal):
        raise UnlistedError(f"a pattern that is no text: {node.sql('duckdb')}")
    return str(node.this)


def pattern_of(node: exp.Expression) -> str:
    """Return a pattern of RE2 as it is read alike elsewhere.

    Raises:
        UnlistedError: it has what was not compared.
    """
    pattern = _text(node)
    if _KNOWN.sub("", pattern) or re.search(r"\(\?(?!im?\))", pattern):
        raise UnlistedError(f"a pattern with something that was not compared: {pattern}")
    return re.sub(r"\\.", lambda found: _CLASSES.get(found[0], found[0]), pattern)


class _Translation(Spark.Generator):  # type: ignore[misc]  # of a package that mypy passes over
    #: Put beside each other, one of two steps of the same name would be read for both.
    EXPRESSIONS_WITHOUT_NESTED_CTES: ClassVar[set[Any]] = set()

    def sql(self, expression: Any, key: str | None = None, comment: bool = True) -> str:
        node = expression.args.get(key) if key and isinstance(expression, exp.Expression) else expression
        if not isinstance(node, exp.Expression):
            return str(super().sql(expression, key, comment))
        where = ""
        if isinstance(node, exp.Filter):
            node, where = node.this, f" filter (where {self.sql(node.expression.this)})"
        name = thing(node)
        rule = LISTED.get(name or "")
        if rule is None:
            told = str(super().sql(node, None, comment)) + where
            # Spark takes a minus that follows for part of the window's name.
            return f"({told})" if name == "window by name" else told
        if isinstance(node.parent, (exp.Window, exp.IgnoreNulls)) and node.arg_key == "this":
            raise UnlistedError(f"{name} over a window, in {node.parent.sql('duckdb')[:80]}")
        if rule.isupper():
            return str(getattr(self, f"_{rule.lower()}")(node, where))
        if where:
            raise UnlistedError(f"{name} with a filter")
        given = [self._argument(one) for one in arguments(node)]
        told = re.sub(r"<(\d)>", lambda place: given[int(place[1])], rule)
        return f"({told})" if told.startswith("case ") else told

    def _argument(self, node: exp.Expression) -> str:
        told = self.sql(node.this if isinstance(node, exp.Order) else node)
        return f"({told})" if isinstance(node, exp.Binary) else told

    def _pattern(self, node: exp.Expression, where: str) -> str:
        this, pattern = self._argument(node.this), pattern_of(node.expression)
        if isinstance(node, exp.RegexpFullMatch):
            # `$` would stand before a last line feed.
            pattern = rf"\A(?:{pattern})\z"
        told = self.sql(exp.Literal.string(pattern))
        if isinstance(node, exp.RegexpExtract):
            return f"regexp_extract({this}, {told}, {node.args['group'].sql()})"
        if not isinstance(node, exp.RegexpReplace):
            return f"({this} rlike {told})"
        # Only the first match is replaced unless told otherwise, and Spark replaces all. Elsewhere `$` begins a group, whose
        # name goes on with letters and digits.
        by = _text(node.args["replacement"])
        if node.text("modifiers") != "g" or re.search(r"[\\$]", re.sub(r"\\\d(?!\w)", "", by)):
            raise UnlistedError(f"a replacement with something that was not compared: {node.sql('duckdb')}")
        by = self.sql(exp.Literal.string(re.sub(r"\\(\d)", r"$\1", by)))
        return f"regexp_replace({this}, {told}, {by})"

    def _series(self, node: exp.Expression, where: str) -> str:
        """Write nothing where the bounds are the wrong way round: Spark would count down, or stop."""
        start, end = (self._argument(node.args[bound]) for bound in ("start", "end"))
        step = node.args["step"]
        if not (isinstance(step, exp.Interval) and re.fullmatch("0*[1-9][0-9]*", step.name)):
            raise UnlistedError(f"a series whose step may be none, or go back: {step.sql('duckdb')}")
        series = f"sequence({start}, {end}, {self.sql(step)})"
        return f"(case when {start} > {end} then cast(array() as array<timestamp_ntz>) else {series} end)"

    def _hash(self, node: exp.Expression, where: str) -> str:
        """Tell nulls: Spark's hash passes over nulls, and tells 0.0 from -0.0."""
        told = []
        for one in node.expressions:
            this = self._argument(one)
            told += [f"{this} is null", f"{this} + 0D" if kind_of(one) == "double" else this]
        return f"xxhash64({', '.join(told)})"

    def _gathered(self, node: exp.Expression, where: str) -> str:
        """Return the list of an aggregate's values with its nulls, which `collect_list` leaves out by itself."""
        order = node.this if isinstance(node.this, exp.Order) else None
        value = order.this if order else node.this
        distinct = value if isinstance(value, exp.Distinct) else None
        keys = [self._argument(one.this) for one in order.expressions] if order else []
        # The smallest is the first, nulls last.
        columns = [f"{key} is null as n{number}, {key} as k{number}" for number, key in enumerate(keys)]
        columns.append(f"{self.sql(distinct.expressions[0] if distinct else value)} as v")
        items = f"collect_list(struct({', '.join(columns)})){where}"
        items = f"array_distinct({items})" if distinct else items
        items = f"sort_array({items})" if order else items
        return f"(case when array_size({items}) > 0 then transform({items}, item -> item.v) end)"

    def _median(self, node: exp.Expression, where: str) -> str:
        """Take the middle of what is sorted, or of two the halves of both, which is how DuckDB reckons (and rounds)."""
        if isinstance(node, exp.Anonymous):
            items = f"sort_array(array_compact({self.sql(node.expressions[0])}))"
        else:
            items = f"sort_array(collect_list({self.sql(node.this)}){where})"
        size = f"array_size({items})"
        low, high = (f"get({items}, cast(({size} - {less}) div 2 as int))" for less in (1, 0))
        return f"(case when {size} % 2 = 1 then {low} else {low} * 0.5D + {high} * 0.5D end)"
