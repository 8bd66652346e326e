"""What a query is made of, each thing by a name: the function, operator or clause, and the types it is used on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlglot import exp

#: Parts of a query that are SQL's own, with its logic of three values: they mean the same on any engine.
_SYNTAX = (
    *(
        exp.Alias,
        exp.CTE,
        exp.Column,
        exp.DataType,
        exp.DataTypeParam,
        exp.From,
        exp.Group,
        exp.Having,
        exp.Identifier,
    ),
    *(exp.Literal, exp.Boolean, exp.Null, exp.Paren, exp.Select, exp.Star, exp.Subquery, exp.Table),
    *(
        exp.TableAlias,
        exp.Values,
        exp.Var,
        exp.Where,
        exp.With,
        exp.Window,
        exp.WindowSpec,
        exp.Order,
        exp.Tuple,
    ),
    *(
        exp.And,
        exp.Or,
        exp.Not,
        exp.Is,
        exp.Case,
        exp.If,
        exp.Coalesce,
        exp.Distinct,
        exp.Filter,
        exp.IgnoreNulls,
    ),
)
_COMPARES = (
    exp.EQ,
    exp.NEQ,
    exp.LT,
    exp.LTE,
    exp.GT,
    exp.GTE,
    exp.Between,
    exp.In,
    exp.NullSafeEQ,
    exp.NullSafeNEQ,
)
_COUNTS = (exp.Add, exp.Sub, exp.Mul, exp.Neg)
_KINDS = {
    "text": exp.DataType.TEXT_TYPES,
    "int": {*exp.DataType.INTEGER_TYPES, exp.DType.INT128, exp.DType.UBIGINT},
    "decimal": {exp.DType.DECIMAL},
    "double": {exp.DType.DOUBLE},
    "boolean": {exp.DType.BOOLEAN},
    "date": {exp.DType.DATE},
    "timestamp": {exp.DType.TIMESTAMP, exp.DType.DATETIME, exp.DType.TIMESTAMPNTZ},
    "instant": {exp.DType.TIMESTAMPTZ},
    "interval": {exp.DType.INTERVAL},
    "json": {exp.DType.JSON},
    "list": {exp.DType.ARRAY, exp.DType.LIST},
}
_KIND = {type_: kind for kind, types in _KINDS.items() for type_ in types}
#: Arguments whose very text is part of what is done: a format, a unit, a zone.
_BY_TEXT = {
    **{
        "timezone": 0,
        "try_strptime": 1,
        "list_aggregate": 1,
        "timetostr": 1,
        "datediff": 2,
        "timestamptrunc": 1,
    },
    **{"interval": 1, "format": 0, "round": 1, "splitpart": 2, "unixtotime": 1},
}
#: Take any number of arguments: only the types of these are told.
_ANY_NUMBER = ("array", "concat", "concatws", "greatest", "hash", "least")


def kind_of(node: exp.Expression) -> str:
    """Return the family of types of an expression; `?` where it is not known."""
    if isinstance(node, exp.Null):
        return "null"
    if isinstance(node, exp.Tuple):
        return "tuple"
    if isinstance(node, (exp.Select, exp.SetOperation, exp.Subquery)):
        return "query"
    if isinstance(node, exp.Lambda):
        return "lambda"
    return _KIND.get(node.type.this, "?") if node.type else "?"


def arguments(node: exp.Expression) -> list[exp.Expression]:
    """Return what a function or operator is applied to, in order."""
    if isinstance(node, exp.Anonymous):
        return list(node.expressions)
    if isinstance(node, exp.Case):
        values = [one.args["true"] for one in node.args["ifs"]]
        return [*values, *([node.args["default"]] if node.args.get("default") else [])]
    found: list[exp.Expression] = []
    for name in node.arg_types:
        value = node.args.get(name)
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, exp.Expression) and not isinstance(one, exp.DataType):
                found.append(one)
    return found


def thing(node: exp.Expression) -> str | None:
    """Return the name of what this node does; None where it does nothing by itself."""
    if isinstance(node, _SYNTAX):
        return None
    name = node.name.lower() if isinstance(node, exp.Anonymous) else type(node).__name__.lower()
    if isinstance(node, exp.Join):
        return " ".join(filter(None, ["join", node.side.lower(), node.kind.lower()]))
    if isinstance(node, exp.Qualify):
        # Of others sqlglot would ask columns that the outer query does not have.
        is_place = isinstance(node.this, exp.EQ) and isinstance(node.this.this, exp.Window)
        return f"qualify {'a place' if is_place and isinstance(node.this.expression, exp.Literal) else ''}"
    if isinstance(node, (exp.Union, exp.Except)):
        return f"{name} {'distinct' if node.args.get('distinct') else 'all'}"
    if isinstance(node, exp.Cast):
        return f"{name} {kind_of(node.this)} to {node.to.sql('duckdb').lower()}"
    if isinstance(node, exp.Lambda):
        return f"lambda {node.this.this.expression.sql()}" if isinstance(node.this, exp.Not) else "lambda"
    told = []
    for number, argument in enumerate(arguments(node)):
        if number == _BY_TEXT.get(name):
            told.append(argument.sql("duckdb"))
        elif isinstance(argument, (exp.Order, exp.Distinct)):
            told.append(
                " ".join(
                    ["distinct"] * (argument.find(exp.Distinct) is not None)
                    + ["in order"] * isinstance(argument, exp.Order)
                )
            )
        elif not isinstance(argument, exp.Star):
            told.append(kind_of(argument))
    if isinstance(node, _COMPARES):
        return f"compare({', '.join(sorted(set(told)))})"
    if isinstance(node, _COUNTS) and set(told) <= {"int", "double", "decimal"}:
        return f"arithmetic({', '.join(sorted(set(told)))})"
    if isinstance(node, exp.Div) and isinstance(node.expression, exp.Literal):
        return "div by a number"
    return f"{name}({', '.join(dict.fromkeys(told) if name in _ANY_NUMBER else told)})"


def things(tree: Any) -> Iterator[tuple[str, exp.Expression]]:
    """Yield everything that a query does, each with its node."""
    for node in tree.walk():
        if name := thing(node):
            yield name, node
