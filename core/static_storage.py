"""Static files, as production serves them."""

import posixpath
import re
from collections.abc import Iterator
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import InMemoryStorage
from whitenoise.storage import CompressedManifestStaticFilesStorage

IMPORT = re.compile(r'^@?import "(?:\./)?([\w/-]+\.(?:css|js))";$', re.MULTILINE)
CSS_COMMENT_OR_INDENT = re.compile(r"/\*.*?\*/|^\s+", re.DOTALL | re.MULTILINE)


class StaticFilesStorage(CompressedManifestStaticFilesStorage):
    """Serves a style sheet or script of ours together with those that it imports.

    In development browsers follow the imports. Here each of them would cost a request
    and a kilobyte of headers.
    """

    def post_process(self, paths: dict[str, Any], **options: Any) -> Iterator[Any]:  # type: ignore[override]
        joined = InMemoryStorage()
        ours = [name for name in paths if name.startswith(("css/", "editing/", "js/"))]
        for name in ours:
            joined.save(name, ContentFile(text_of(name, paths)))
        paths = paths | {name: (joined, name) for name in ours}
        yield from super().post_process(paths, **options)  # type: ignore[no-untyped-call]


def text_of(name: str, paths: dict[str, Any]) -> str:
    """A file's text, with each import replaced by the text of that file.

    A style sheet comes without its comments and indentation, which are a sixth of
    its compressed size. `paths` maps a file's name to the storage that has it, and to
    its name there. Raises KeyError if an imported file is missing.
    """
    storage, path = paths[name]
    with storage.open(path) as file:
        text = file.read().decode()
    if name.endswith(".css"):
        text = CSS_COMMENT_OR_INDENT.sub("", text)
    folder = posixpath.dirname(name)
    return IMPORT.sub(lambda found: text_of(f"{folder}/{found[1]}", paths), text)
