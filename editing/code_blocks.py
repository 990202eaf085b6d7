"""Find the code blocks of a text that their language cannot parse."""

import ast
import json
import shutil
import subprocess
import tomllib
import warnings
from collections.abc import Callable, Iterator

import yaml

from roadmaps.markdown import parse

SECONDS = 10  # for the shell to read one block


def find_code_faults(text: str) -> Iterator[str]:
    """Yield what is wrong with each fenced block whose language is known here."""
    for token in parse(text):
        language, *_ = [*token.info.lower().split(), ""]
        parse_code = PARSERS.get(language) if token.type == "fence" else None
        if parse_code and (fault := describe_fault(parse_code, token.content)):
            yield f"has {language} code that cannot be parsed: {fault}"


def describe_fault(parse_code: Callable[[str], object], code: str) -> str:
    """Return what the parser says, or "". Lines are those of the code."""
    try:
        parse_code(code)
    except yaml.MarkedYAMLError as error:
        line = f", line {error.problem_mark.line + 1}" if error.problem_mark else ""
        return f"{error.problem}{line}"
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return str(error)
    return ""


def parse_python(code: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # an unknown escape, for example
        ast.parse(code)


def parse_yaml(code: str) -> None:
    """Tags are allowed: some programs have their own."""
    for _event in yaml.parse(code, Loader=yaml.CSafeLoader):
        pass


def parse_shell(code: str) -> None:
    """Let bash read the code, without running it, where there is a bash."""
    bash = shutil.which("bash")
    if bash is None:
        return
    result = subprocess.run(  # noqa: S603, -n runs nothing
        [bash, "--norc", "--noprofile", "-n"],
        input=code,
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )
    if result.returncode or result.stderr:
        first, *_ = result.stderr.splitlines() or ["unknown error"]
        raise ValueError(first.removeprefix(f"{bash}: "))


PARSERS: dict[str, Callable[[str], object]] = {
    **dict.fromkeys(["python", "py"], parse_python),
    **dict.fromkeys(["bash", "sh", "shell"], parse_shell),
    **dict.fromkeys(["yaml", "yml"], parse_yaml),
    "json": json.loads,
    "toml": tomllib.loads,
}
