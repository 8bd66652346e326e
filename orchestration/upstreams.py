"""Which upstreams a run asks: the configured ones, or the bundled sample when none is configured."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from bronze import landing, sources
from bronze.settings import setting
from bronze.sources import variable
from lake.errors import LakeError
from lake.layout import Lake
from lake.recordings import origin_of
from lake.versions import all_versions
from orchestration.dbt import environment

Origin = Literal["sample", "upstream"]


@dataclass(frozen=True)
class RunScope:
    """What one run asks its upstreams for: months as dlt's configuration writes them, and cities."""

    months: str
    cities: tuple[str, ...]


def configured() -> dict[str, str | None]:
    """Return the address of every source, None where none is configured; a skeleton needs none.

    Where feeds without a past have no base URL to ask, an archive of them does.
    """
    landing.settings()
    import dlt

    urls = {
        name: dlt.config.get(f"sources.{name}.base_url", str)
        or dlt.config.get(f"sources.{name}.archive", str)
        for name in sources.names()
    }
    # Only those without are imported: a module that cannot be must not keep the others from landing.
    return {name: url for name, url in urls.items() if url or not sources.is_unwritten(name)}


def configured_scope() -> RunScope:
    """Return the months and cities that are configured.

    Raises:
        ValueError: the cities are no list.
    """
    landing.settings()
    cities = setting("sources.citibike.cities", list) or []
    return RunScope(setting("sources.months", str) or "", tuple(cities))


def check_scope() -> None:
    """Refuse a scope that no upstream could answer, before any is asked.

    Raises:
        ValueError: and the message names the setting.
    """
    from bronze.scope import parse_months
    from bronze.sources import citibike

    scope = configured_scope()
    parse_months(scope.months)
    citibike.check_scope(list(scope.cities))


@contextlib.contextmanager
def upstreams(lake: Lake, scratch: Path | None = None) -> Iterator[Origin]:
    """Make sure every source has an address for the time of the block, and say where the data comes from.

    With no address at all the bundled sample is generated (once) and served on the loopback. What feeds said is
    read from and kept in this lake. With `scratch` nothing is written in the lake: what it lacks of the sample is made
    there.

    Raises:
        LakeError: some sources are configured and some are not (feeds may be left out), or the lake holds data of
            the other origin.
        ValueError: a setting makes no sense, or `sample.broken` names no batch that can be broken.
    """
    check_scope()
    urls = configured()
    missing = [name for name, url in urls.items() if not url]
    if any(urls.values()):
        # Feeds are asked where there is an address; nothing of the others is less whole without them.
        missing = [name for name in missing if not sources.feeds(name)]
    if missing and len(missing) < len(urls):
        raise LakeError(
            f"no base_url for {', '.join(missing)}: set sources.{missing[0]}.base_url in .dlt/config.toml "
            f"or {variable(missing[0])} in the environment, or remove all base_urls to run on the sample"
        )
    origin: Origin = "sample" if missing else "upstream"
    kept = {"SOURCES__RECORDINGS": str(lake.recordings)}
    other = [version for version in all_versions(lake) if version.record["origin"] != origin]
    if other or origin_of(lake) not in (None, origin):
        held, asked = ("real", "the sample") if origin == "sample" else ("sample", "real upstreams")
        what = f"{len(other)} versions" if other else "answers of feeds"
        raise LakeError(
            f"this lake holds {held} data ({what}) and the configuration asks for {asked}: "
            "they never mix. Set LAKE_ROOT to another folder, or `make clean` first"
        )
    if origin == "upstream":
        with environment(**kept):
            yield origin
        return
    from bronze.sample.broken import break_batch
    from bronze.sample.generate import generate, is_ready
    from bronze.sample.server import serve

    seed, trips = (setting(f"sample.{name}", int) for name in ("seed", "trips"))
    work, broken = lake.work, setting("sample.broken", str)
    # A broken one is made by hard links, so beside the whole one.
    if scratch and (broken or not is_ready(work / "sample", seed=seed, trips=trips)):
        work = scratch
    folder = work / "sample"
    generate(folder, seed=seed, trips=trips)
    if broken:
        folder = break_batch(folder, broken, work / "sample-broken")
    with serve(folder) as endpoints:
        if bare := sorted(set(urls) - set(endpoints.urls)):
            raise LakeError(
                f"the sample has no stand-in for {', '.join(bare)}: write "
                f"bronze/sample/upstreams/{bare[0]}.py, or configure the base_url of every source"
            )
        with environment(**kept, **endpoints.environment):
            yield origin
