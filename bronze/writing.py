"""Writing: dlt makes Parquet files of what an upstream offers, with nothing that it does only for others."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bronze.tables import Table, rows_resource

if TYPE_CHECKING:
    from bronze.offers import Offer


def _asked_once(destination: Any) -> Any:
    """Let a destination of dlt work out once what it can do, and return it.

    dlt asks seventeen times a load, and each time all settings are resolved anew: a quarter of a landing.
    """
    work_out = destination.capabilities
    known: dict[str | None, Any] = {}

    def capabilities(config: Any = None, naming: Any = None) -> Any:
        key = naming.name() if naming else None
        if key not in known:
            known[key] = work_out(config, naming)
        return known[key].copy()

    destination.capabilities = capabilities
    return destination


@functools.cache
def _hints_are_known() -> None:
    """Let dlt take a type apart once: for each setting and each check of a schema it does anew, a fifth of a landing."""
    from dlt.common import validation
    from dlt.common.configuration import resolve
    from dlt.common.configuration.providers import environ
    from dlt.common.configuration.specs import base_configuration

    base_configuration.extract_inner_hint = functools.cache(base_configuration.extract_inner_hint)
    secret = functools.cache(base_configuration.is_secret_hint)
    base_configuration.is_secret_hint = resolve.is_secret_hint = environ.is_secret_hint = secret
    take_apart, known = validation.get_type_hints, dict[Any, Any]()

    def hints(spec: Any, globalns: Any = None) -> Any:
        if spec not in known:
            known[spec] = take_apart(spec, globalns=globalns)
        return known[spec]

    validation.get_type_hints = hints


@functools.cache
def _schemas_are_checked_once() -> None:
    """Let dlt check the schema of a table once, and not for each row group.

    What it has tried there in vain stays in a circle that holds the row group as well, until Python looks for garbage.
    It counts objects, of which gigabytes are few, and `lake.commands.collect_seldom` lets it look seldom. The first row
    group of each table stays until then.
    """
    from dlt.extract import hints

    check, sound = hints.validate_dict_ignoring_xkeys, set[str]()

    def checked(*, doc: Any, **how: Any) -> None:
        if (said := repr(doc)) not in sound:
            check(doc=doc, **how)
            sound.add(said)

    hints.validate_dict_ignoring_xkeys = checked


@contextmanager
def _short_dictionaries() -> Iterator[None]:
    """Let dlt write dictionaries of up to 128 KB of values, which it cannot be told in its settings.

    Stations fit in. Of ids and times Arrow would collect a megabyte first and then write the values all the
    same: a quarter of the time of writing, and larger files.
    """
    from pyarrow import parquet

    writer = parquet.ParquetWriter
    parquet.ParquetWriter = functools.partial(writer, dictionary_pagesize_limit=128 << 10)
    try:
        yield
    finally:
        parquet.ParquetWriter = writer


def write(staging: Path, offer: Offer, table: Table) -> tuple[Path, str]:
    """Let dlt write the offer's rows below `staging`; return the folder of the files and the load id."""
    import dlt

    _hints_are_known()
    _schemas_are_checked_once()
    pipeline = dlt.pipeline(
        # A name per batch: two loads that share a pipeline name would corrupt each other's packages.
        pipeline_name=f"{offer.source}_{offer.table}_{offer.batch}".replace("-", "_"),
        pipelines_dir=str(staging / "pipeline"),
        destination=_asked_once(
            dlt.destinations.filesystem(
                bucket_url=str(staging), layout="{table_name}/{load_id}.{file_id}.{ext}"
            )
        ),
        dataset_name=offer.source,
    )
    pipeline.config.restore_from_destination = False
    one = dlt.resource([offer], name="offers", selected=False)
    with _short_dictionaries():
        info = pipeline.run(one | rows_resource(table), loader_file_format="parquet")
    info.raise_on_failed_jobs()
    folder = staging / offer.source / offer.table
    if not any(folder.glob("*.parquet")):
        _write_nothing(folder, table)
    return folder, str(info.loads_ids[0]) if info.loads_ids else ""


def _write_nothing(folder: Path, table: Table) -> None:
    """Write a file without rows: dlt writes none, and a batch that is empty upstream is an answer, too."""
    import pyarrow.parquet as pq

    folder.mkdir(parents=True, exist_ok=True)
    pq.write_table(table.schema.empty_table(), folder / "empty.parquet")
