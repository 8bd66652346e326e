"""The guard: no tool of an agent shows, copies or writes keys, however their file is spelt."""

from __future__ import annotations

import shutil

import pytest

from tests.structure.hooks import bash, judge, use


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """A home with keys as well, for dlt looks there."""
    (tmp_path / ".dlt").mkdir()
    (tmp_path / ".dlt" / "secrets.toml").touch()
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize(
    "command",
    [
        "cat .dlt/secrets.toml",
        "cat .dlt/sec*",
        "cat .d*/s*.toml",
        "cat .dlt/s[e]crets.toml",
        "cat .dlt/{config,secrets}.toml",
        "cat .dlt/sec\\rets.toml",
        "cat '.dlt'/\"secrets\".toml",
        "cat bronze/../.dlt/./secrets.toml",
        "cat ~/.dlt/secrets.toml",
        'cat "$HOME/.dlt/secrets.toml"',
        "cd .dlt && cat secrets.toml",
        "cd .dlt; head -3 *",
        "(cd .dlt && cat s*)",
        "F=.dlt/secrets.toml; head $F",
        "N=secrets; cat .dlt/$N.toml",
        "cat .dlt/$(echo secrets).toml",
        "for f in .dlt/*; do cat $f; done",
        "cat < .dlt/secrets.toml",
        "while read -r a; do echo $a; done < .dlt/secrets.toml",
        'echo "$(< .dlt/secrets.toml)"',
        'echo "$(cat .dlt/secrets.toml)"',
        "echo `cat .dlt/secrets.toml`",
        "source .dlt/secrets.toml",
        ". .dlt/secrets.toml",
        "bash -c 'cat .dlt/secrets.toml'",
        "bash <<'EOF'\ncat .dlt/secrets.toml\nEOF",
        "timeout 5 nice cat .dlt/secrets.toml",
        "ls .dlt/* | xargs cat",
        "find .dlt -type f | xargs cat",
        "find . -name '*.toml' -exec cat {} +",
        "grep -r . .dlt",
        "grep -rn key",
        "grep key .dlt/secrets.toml",
        "grep -f .dlt/secrets.toml README.md",
        "rg -uu key",
        "git grep --no-index key",
        "cp .dlt/secrets.toml target/x",
        "cp -r .dlt target/x",
        "cp -a . /tmp/copy",
        "tar czf /tmp/x.tgz .",
        "zip -r /tmp/x.zip .dlt",
        "rsync -a ./ /tmp/copy/",
        "mv .dlt dlt",
        "ln -s ../.dlt/secrets.toml bronze/notes.txt",
        "ln -s .dlt dlt",
        "git add -f .dlt/secrets.toml",
        "git add --force .",
        "git diff --no-index /dev/null .dlt/secrets.toml",
        "curl -d @.dlt/secrets.toml http://127.0.0.1:1/",
        "curl file://{project}/.dlt/secrets.toml",
        "dd if=.dlt/secrets.toml",
        "python -c \"print(open('.dlt/secrets.toml').read())\"",
        '.venv/bin/python -c \'import pathlib; print(pathlib.Path(".dlt").joinpath("secrets." + "toml"))\'',
        "python3 - <<'EOF'\nfrom pathlib import Path\nprint((Path('.dlt') / 'secrets.toml').read_text())\nEOF",
        "python3 -c 'import dlt; print(dlt.secrets[\"sources.x.key\"])'",
        "make sql Q=\"from read_text('.dlt/secrets.toml')\"",
        "make run > .dlt/secrets.toml",
        "echo 'key = 1' >> .dlt/secrets.toml",
        "rm .dlt/secrets.toml",
        "rm -rf .dlt",
        "sed -i s/a/b/ .dlt/secrets.toml",
        "rg -g secrets.toml key",
        "rg --hidden -g '**/secrets.toml' .",
        # Handed on, from another folder, with all its neighbours.
        'find .dlt | while read f; do cat "$f"; done',
        "find .dlt -type f -print0 | while IFS= read -r -d '' f; do cat \"$f\"; done",
        "ls .dlt/* | xargs -I % cat %",
        "cat $(find .dlt -type f)",
        "cat $(ls .dlt/*)",
        "for f in $(find . -name '*.toml'); do cat $f; done",
        "find . -path './.dlt/*' -exec cat {} +",
        "pushd .dlt && cat *",
        "env -C .dlt cat secrets.toml",
        "git -C .dlt diff --no-index /dev/null secrets.toml",
        "tar -C .dlt -c .",
        "tar -zcf /tmp/x.tgz .",
        "diff -N .dlt x",
        "diff .dlt x",
        # Signs within quotes are words.
        "grep '|' .dlt/secrets.toml",
        "cut -d ';' -f 2 .dlt/secrets.toml",
        "cat .env",
        "cat /proc/self/environ",
        "xargs -0 < /proc/self/environ",
        "git rm .dlt/secrets.toml",
    ],
)
def test_a_command_that_would_reach_keys_is_refused(project, command):
    why, _ = judge(project, command.replace("{project}", str(project)))
    assert "holds keys" in (why or "")


@pytest.mark.parametrize(
    "command",
    [
        "cat .dlt/config.toml",
        "ls -la .dlt .dlt/secrets.toml",
        "test -e .dlt/secrets.toml && echo there",
        "git check-ignore .dlt/secrets.toml",
        "git commit -m 'docs: .dlt/secrets.toml is a person's'",
        "git commit -F - <<'EOF'\ndocs: what holds .dlt/secrets.toml\nEOF",
        "cat > target/notes.md <<'EOF'\nKeys stand in .dlt/secrets.toml\nEOF",
        "grep -rn .dlt/secrets.toml bronze",
        "grep -rn key bronze tests",
        "grep -rn --include='*.py' key .",
        "grep -rn --exclude-dir=.dlt key .",
        "git grep -n secrets.toml",
        "rg key",
        "find . -name '*.py' -exec wc -l {} +",
        "find . -name '*.py' | xargs grep -n key",
        "find . -type f | head",
        "git ls-files . | xargs wc -l",
        "git add .dlt/config.toml",
        "git add -A",
        "cp -r bronze /tmp/x",
        "tar xzf /tmp/x.tgz -C .",
        "echo key > .dlt/config.toml",
        "make test ARGS=tests/bronze/test_secrets.py",
        ".venv/bin/python -m pytest -q tests/bronze/test_secrets.py -k 'key or secrets'",
        "python3 -c 'print(1, {2: 3}, [\"*\"])'",
        "cat */*.toml",
        "grep --exclude-dir .dlt -rn key .",
        "grep -rn key . --exclude-dir={.dlt,.git}",
        "grep -rn key . --exclude=secrets.toml",
        "grep -rn key . --exclude-dir='.*'",
        "grep -rn key *",
        "find . -name '*.py' | xargs wc",
        "find . -type f -not -path './.dlt/*' | xargs wc -l",
        "find . -path ./.dlt -prune -o -type f -print | xargs wc -l",
        "find . -name '*.md' | while read f; do wc -l $f; done",
        "wc -l $(find . -name '*.py')",
        "count=$(find . -type f | wc -l)",
        "find . -name secrets.toml",
        "tar --exclude=.dlt -czf /tmp/x.tgz .",
        "rsync -a --exclude .dlt ./ /tmp/copy/",
        "git grep key",
        "cd bronze && tar -C .dlt -c .",
        "find . -type f | xargs ls -la",
        "find . -type f | xargs wc -l",
        "wc -l .dlt/*",
        "head -5 .streamlit/*",
        "git restore --staged .dlt/secrets.toml",
        "git rm --cached .dlt/secrets.toml",
        "diff .dlt/config.toml target/x",
        "diff <(ls .dlt) <(ls bronze)",
        "ls .env",
        "git commit -m \"$(cat <<'EOF'\nfix: (a) & b > c\n\n.dlt/secrets.toml is a person's\nEOF\n)\"",
    ],
)
def test_a_command_that_only_names_them_or_reads_others_goes_through(project, command):
    assert judge(project, command)[0] is None


@pytest.mark.parametrize(
    "command",
    [
        "grep -rn foo .",
        "find . -type f | xargs grep foo",
        "cp -r . target/x",
        "grep --include '*.toml' -r foo",
    ],
)
def test_who_goes_through_the_folder_is_told_how_to_leave_them_out(project, command):
    why, _ = judge(project, command)
    assert "`git grep <word>`" in str(why)
    for instead in (
        "git grep foo",
        "git ls-files",
        "grep -rn --exclude-dir=.dlt --exclude='.env*' foo .",
        "find . -name '*.py'",
    ):
        assert judge(project, instead) == (None, None)


@pytest.mark.parametrize(
    "command",
    [
        "env", "env | grep LAKE", "printenv", "set", "export -p", "declare -p", "declare -x",
        "printenv SOURCES__NYC__API_KEY", 'echo "$SOURCES__NYC__APP_TOKEN"', "printf %s ${DB_PASSWORD}",
    ],
)  # fmt: skip
def test_what_prints_keys_of_the_environment_is_refused_with_what_prints_one_variable(project, command):
    why, _ = judge(project, command)
    assert "`printenv LAKE_ROOT`" in str(why)


@pytest.mark.parametrize(
    "command",
    [
        "printenv LAKE_ROOT", 'echo "$LAKE_ROOT"', "set -euo pipefail", "export LAKE_ROOT=target/try", "env X=1 ls",
        "declare -a found=(a b)", "for key in a b; do echo $key; done", 'test -n "$API_KEY" && echo there',
    ],
)  # fmt: skip
def test_what_sets_variables_or_prints_one_that_is_no_key_goes_through(project, command):
    assert judge(project, command) == (None, None)


@pytest.mark.parametrize("tool", ["Read", "Write", "Edit"])
@pytest.mark.parametrize(
    "path", [".dlt/secrets.toml", "{project}/bronze/../.dlt/secrets.toml", "~/.dlt/secrets.toml"]
)
def test_a_tool_is_told_what_to_do_instead(project, home, tool, path):
    path = path.replace("~", str(home)).format(project=project)
    status, told = use(project, tool, file_path=path)
    assert status == 2
    assert "A person writes them" in told
    assert ".dlt/config.toml" in told


def test_a_search_is_told_as_well(project):
    assert use(project, "Grep", pattern=".", path=".dlt/secrets.toml")[0] == 2
    for glob, path in (("secrets.toml", ".dlt"), ("**/secrets.toml", "{project}"), ("*.{py,toml}", None)):
        asked = {"path": path.format(project=project)} if path else {}
        assert use(project, "Grep", pattern=".", glob=glob, **asked)[0] == 2, glob
    assert use(project, "Grep", pattern=".", glob="*.py", path=".") == (0, "")
    assert use(project, "Grep", pattern=".", path="lake/bronze") == (0, "")
    assert use(project, "Read", file_path="lake/pin.json") == (0, "")


def test_links_are_followed(project, tmp_path):
    (tmp_path / "soft").symlink_to(project / ".dlt")
    (tmp_path / "hard").hardlink_to(project / ".dlt" / "secrets.toml")
    for path in ("soft/secrets.toml", "hard"):
        assert "holds keys" in str(judge(project, f"cat {tmp_path}/{path}")[0])
        assert use(project, "Read", file_path=f"{tmp_path}/{path}")[0] == 2


def test_a_file_of_the_environment_is_one_of_keys_too(project, tmp_path):
    assert judge(tmp_path, "cat .*")[0] is None
    assert judge(tmp_path, "grep -rn key .")[0] is not None, "those of the home lie there"
    (tmp_path / ".env.local").touch()
    for command in ("cat .*", "cat .env.local", "grep -rn --exclude-dir=.dlt key .", "cp -r . /elsewhere"):
        assert "holds keys" in str(judge(tmp_path, command)[0]), command
    assert judge(tmp_path, "grep -rn --exclude-dir=.dlt --exclude='.env*' key .")[0] is None


def test_where_there_are_no_keys_folders_may_be_copied(project, tmp_path):
    other = tmp_path / "other"
    shutil.copytree(project / ".dlt", other / ".dlt")
    (other / ".dlt" / "secrets.toml").unlink()
    shutil.copytree(project / "lake", other / "lake", symlinks=True)
    assert judge(other, "cp -r .dlt target/x")[0] is None
    assert judge(other, "cat .dlt/secrets.toml")[0] is not None


def test_the_guard_as_it_is_called_refuses_it(project):
    status, told = bash(project, "cd .dlt && cat s*")
    assert status == 2
    assert "`cat` is refused" in told
