"""CSV files that are safe to open in a spreadsheet."""

import csv
from collections.abc import Iterable, Iterator
from typing import Any

# A spreadsheet runs a cell that begins with one of these as a formula:
# https://owasp.org/www-community/attacks/CSV_Injection. Excel reads the full-width ones
# as the others where the language is Chinese, Japanese or Korean.
FORMULA_PREFIXES = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # noqa: RUF001
BYTE_ORDER_MARK = "\ufeff"  # without it, Excel does not read the file as UTF-8
CONTENT_TYPE = "text/csv; charset=utf-8"


class Echo:
    """A file that returns what is written to it, and keeps nothing."""

    def write(self, line: str) -> str:
        return line


def csv_lines(header: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    """Yield the lines of a CSV file, for a streamed response or to be joined.

    The first one begins with a byte order mark. No cell of `rows` runs as a formula.
    """
    # LibreOffice splits unquoted cells at semicolons and tabs, too.
    writer: Any = csv.writer(Echo(), quoting=csv.QUOTE_ALL)
    yield BYTE_ORDER_MARK + writer.writerow(header)
    for row in rows:
        yield writer.writerow(map(escape_formula, row))


def escape_formula(cell: str) -> str:
    """Put a `'` before the text if a spreadsheet would run it as a formula."""
    return f"'{cell}" if cell.startswith(FORMULA_PREFIXES) else cell
