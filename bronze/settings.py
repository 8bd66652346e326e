"""Settings as dlt has them, and in words what to write where one is no value of its kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_origin

from lake.words import shown

if TYPE_CHECKING:
    from dlt.common.configuration.exceptions import ConfigValueCannotBeCoercedException

#: What a kind of value is called, and one as it is written in the environment.
_KINDS = {
    list: ("list", """'["jc"]', or '["nyc", "jc"]' for several"""),
    int: ("whole number", "2000"),
    float: ("number", "40.7143"),
    bool: ("yes or no", "true or false"),
}


def setting(name: str, kind: type) -> Any:
    """Return the setting called `sources.citibike.cities`, say; None where there is none.

    Raises:
        ValueError: it is no value of that kind; the message names it and says what to write.
    """
    import dlt
    from dlt.common.configuration.exceptions import ConfigValueCannotBeCoercedException

    try:
        return dlt.config.get(name, kind)
    except ConfigValueCannotBeCoercedException as error:
        raise ValueError(misfit(name, error)) from error


def misfit(name: str, error: ConfigValueCannotBeCoercedException) -> str:
    """Say of a setting what it has, and what to write in its place: dlt names a class of Python's."""
    what, example = _KINDS.get(get_origin(error.hint) or error.hint, (str(error.hint), "another value"))
    variable = name.replace(".", "__").upper()
    has = shown(repr(error.field_value))
    return f"{name} in .dlt/config.toml, or {variable}: {has} is no {what}; write {variable}={example}"
