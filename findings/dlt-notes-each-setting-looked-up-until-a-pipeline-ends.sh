#!/usr/bin/env bash
# dlt 1.31.0: every setting that is looked up (`dlt.config.get`, the arguments of a source) is noted in a list of the thread, with where
# it was sought and what it was, for the trace of a pipeline that would end and clear it. A process that uses dlt's settings and sources
# without a pipeline, such as one that asks a feed each minute and keeps the answer, never ends one: the list grows as long as it lives,
# by a few entries a setting and place, and holds the values, of secrets as well. No search for garbage helps, for it is none.
#
# Seen: 100 rounds of one source of one argument leave a hundred times the notes of one round; with
# `TraceLogContext.logging_enabled = False` there are none.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check dlt==1.31.0
cd "$work"
export RUNTIME__DLTHUB_TELEMETRY=false SOURCES__TOWN="Hoboken"
said=$("$work/venv/bin/python" - <<'PYTHON'
import dlt
from dlt.common.configuration.container import Container
from dlt.common.configuration.utils import TraceLogContext


@dlt.source
def feed(town: str = dlt.config.value):
    return dlt.resource([town], name="said")


def noted(rounds):
    before = len(Container()[TraceLogContext].all_traces)
    for _ in range(rounds):
        assert list(feed()) == ["Hoboken"]
    return len(Container()[TraceLogContext].all_traces) - before


noted(1)
one, hundred = noted(1), noted(100)
TraceLogContext.logging_enabled = False
print(one > 0, hundred == 100 * one, noted(100))
PYTHON
)
echo "notes after one round, a hundred times as many after a hundred, and with noting switched off: $said"
[ "$said" = "True True 0" ] || { echo "it behaves otherwise now"; exit 1; }
