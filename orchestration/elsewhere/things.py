"""What a query is made of, each thing by a name: the function, operator or clause, and the types it is used on."""

from __future__ import annotations

from sqlglot import exp

#: Parts of a query that are SQL's own, with its logic of three values: they mean the same on any engine.
_SYNTAX = """
alias and boolean case coalesce column cte datatype datatypeparam distinct filter from group having identifier if ignorenulls
is literal not null or order paren select star subquery table tablealias tuple values var where window with
"""
_COMPARES = ("eq", "neq", "lt", "lte", "gt", "gte", "between", "in", "nullsafeeq", "nullsafeneq")
#: Families of types by their name; others are families of their own, or not known.
_KINDS = {
    "text": "varchar text char",
    "int": "tinyint smallint int bigint int128 ubigint",
    "timestamp": "timestamp datetime timestampntz",
    "instant": "timestamptz",
    "list": "array list",
    **{one: one for one in ("decimal", "double", "boolean", "date", "interval", "json")},
}
_KIND = {type_: kind for kind, types in _KINDS.items() for type_ in types.split()}
#: Arguments whose very text is part of what is done, by their place: a format, a unit, a zone.
_PLACES: dict[int, tuple[str, ...]] = {
    0: ("timezone",),
    1: ("try_strptime", "list_aggregate", "timetostr", "timestamptrunc", "interval", "round", "unixtotime"),
    2: ("datediff", "splitpart"),
}
#: Take any number of arguments: only the types of these are told.
_ANY_NUMBER = ("array", "concat", "concatws", "greatest", "hash", "least")
#: What they say of a row is another one in another order.
_IN_ORDER = (exp.RowNumber, exp.Lag, exp.Lead, exp.FirstValue, exp.LastValue)

#: Arguments that are no expressions and are in the name anyway, or that sqlglot sets wherever it reads DuckDB's SQL.
_SAID = """
this side kind distinct desc quoted is_string nested over colon materialized start start_side end end_side
big_int coalesce ignore_nulls null_if_pos_overflow safe single_replace
"""
# Taken apart once: every node of every query is looked up in them.
_PARTS, _FLAGS = frozenset(_SYNTAX.split()), frozenset(_SAID.split())


def kind_of(node: exp.Expression) -> str:
    """Return the family of types of an expression; `?` where it is not known."""
    if isinstance(node, (exp.Select, exp.SetOperation, exp.Subquery)):
        return f"query of {kind_of(node.selects[0])}"
    if isinstance(node, (exp.Null, exp.Lambda, exp.Star)):
        return type(node).__name__.lower()
    return _kind(node.type) if node.type else "?"


def _kind(type_: exp.DataType) -> str:
    kind = _KIND.get(type_.this.value.lower(), "?")
    # Engines write a double in their own ways, in a list as well.
    return f"list of {_kind(type_.expressions[0])}" if kind == "list" and type_.expressions else kind


def arguments(node: exp.Expression) -> list[exp.Expression]:
    """Return what a function or operator is applied to, in order."""
    names = ("expressions",) if isinstance(node, exp.Anonymous) else node.arg_types
    given = (node.args.get(name) for name in names)
    every = (one for value in given for one in (value if isinstance(value, list) else [value]))
    return [one for one in every if isinstance(one, exp.Expression) and not isinstance(one, exp.DataType)]


def thing(node: exp.Expression) -> str | None:
    """Return the name of what this node does; None where it does nothing by itself."""
    name = node.name.lower() if isinstance(node, exp.Anonymous) else type(node).__name__.lower()
    said = _syntax(node, name) if name in _PARTS else _done(node, name)
    flags = [
        key if value is True else f"{key} {value}".lower()
        for key, value in node.args.items()
        if value and key not in _FLAGS and not isinstance(value, (exp.Expression, list))
    ]
    return " ".join([said or name, *flags]) if flags else said


def _mixed(name: str, nodes: list[exp.Expression]) -> str | None:
    """Return the name of what makes one value of several: of a decimal and a double DuckDB alone makes a double."""
    kinds = {kind_of(one) for one in nodes}
    return f"{name} of decimal and double" if {"decimal", "double"} <= kinds else None


def _window(node: exp.Window) -> str | None:
    named = {one.name: one for one in node.parent_select.args.get("windows") or ()}
    order = named.get(node.text("alias"), node).args.get("order")
    called = node.this.this if isinstance(node.this, exp.IgnoreNulls) else node.this
    if isinstance(called, exp.Filter):
        return "window of a filter"
    if isinstance(called, _IN_ORDER) and not order:
        return "window in no order"
    if node.args.get("alias"):
        is_more = any(node.args.get(part) for part in ("partition_by", "order", "spec"))
        return f"window by name{' and more' * is_more}"
    return "window without a frame" if order and not node.args.get("spec") else None


def _syntax(node: exp.Expression, name: str) -> str | None:
    """Return the name of a part of a query that is used in a way of its own."""
    if isinstance(node, exp.Distinct) and node.args.get("on"):
        return "distinct on"
    if isinstance(node, exp.Window):
        return _window(node)
    if isinstance(node, (exp.Case, exp.If, exp.Coalesce)):
        ends = [one for one in arguments(node) if not isinstance(node, exp.If) or one is not node.this]
        return _mixed(name, [one.args["true"] if isinstance(one, exp.If) else one for one in ends])
    if isinstance(node, exp.Select):
        # DuckDB fills the shorter of two up with nulls.
        unnested = [one for one in node.find_all(exp.Explode) if one.parent_select is node]
        return "select of several explode" if len(unnested) > 1 else None
    return None


def _done(node: exp.Expression, name: str) -> str:
    if isinstance(node, exp.Join):
        return " ".join(filter(None, ["join", node.side.lower(), node.kind.lower()]))
    if isinstance(node, (exp.Union, exp.Except)):
        whole = f"{name} {'distinct' if node.args.get('distinct') else 'all'}"
        columns = zip(node.left.selects, node.right.selects, strict=True)
        return next(filter(None, (_mixed(whole, [*pair]) for pair in columns)), whole)
    if isinstance(node, exp.Ordered) and isinstance(node.this, exp.Literal):
        return "ordered by a literal"
    if isinstance(node, exp.Explode) and not isinstance(node.parent, (exp.Select, exp.Alias)):
        return "explode within"
    if isinstance(node, exp.Cast):
        return f"{name} {kind_of(node.this)} to {node.to.sql('duckdb').lower()}"
    if isinstance(node, exp.WindowSpec):
        parts = ("kind", "start", "start_side", "end", "end_side", "exclude")
        return " ".join(["frame", *(node.text(part).lower() for part in parts if node.args.get(part))])
    if isinstance(node, exp.Lambda):
        is_known = node.this.sql() == f"NOT {', '.join(one.sql() for one in node.expressions)} IS NULL"
        return "lambda is not null" if is_known else "lambda"
    if isinstance(node, exp.Qualify):
        # Of others sqlglot would ask columns that the outer query does not have.
        is_place = isinstance(node.this, exp.EQ) and isinstance(node.this.this, exp.Window)
        return "qualify a place" if is_place and isinstance(node.this.expression, exp.Literal) else "qualify"
    told = [_told(one, name in _PLACES.get(place, ())) for place, one in enumerate(arguments(node))]
    if name in _COMPARES:
        return f"compare({', '.join(sorted(set(told)))})"
    if name in ("add", "sub", "mul", "neg") and set(told) <= {"int", "double", "decimal"}:
        return f"arithmetic({', '.join(sorted(set(told)))})"
    return f"{name}({', '.join(dict.fromkeys(told) if name in _ANY_NUMBER else told)})"


def _told(argument: exp.Expression, is_text: bool) -> str:
    if isinstance(argument, (exp.Order, exp.Distinct)):
        value, order = (
            (argument.this, argument.expressions) if isinstance(argument, exp.Order) else (argument, [])
        )
        is_distinct = isinstance(value, exp.Distinct)
        value = value.expressions[0] if is_distinct else value
        kind = kind_of(value) if value else "within group"
        way = "in reverse" if any(one.args.get("desc") for one in order) else "in order"
        return " ".join(["distinct"] * is_distinct + [kind] + [way] * bool(order))
    if isinstance(argument.parent, (exp.Div, exp.IntDiv, exp.Mod)) and argument.arg_key == "expression":
        # Written in the query, in a few digits, it is known not to be 0 and the same number elsewhere.
        number = argument.this if type(argument) is exp.Cast and argument.this.is_int else argument
        digits = number.this if isinstance(number, exp.Literal) and number.is_number else "0"
        if len(digits) < 16 and float(digits):
            return f"a written {kind_of(argument)}"
    return argument.sql("duckdb") if is_text else kind_of(argument)


def things(tree: exp.Expression) -> list[tuple[str, exp.Expression]]:
    """Return everything that a query does, each with its node."""
    return [(name, node) for node in tree.walk() if (name := thing(node))]
