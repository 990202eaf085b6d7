"""The storage of static files in production."""

import posixpath
import re
from collections.abc import Iterator
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import InMemoryStorage
from whitenoise.storage import CompressedManifestStaticFilesStorage

IMPORT = re.compile(r'^@?import "(?:\./)?([\w/-]+\.(?:css|js))";$', re.MULTILINE)
JS_COMMENT_OR_INDENT = re.compile(r"^\s*//.*\n|^\s+", re.MULTILINE)
CSS_COMMENT_OR_INDENT = re.compile(r"/\*.*?\*/|^\s+", re.DOTALL | re.MULTILINE)
CSS_LINE_BREAK = re.compile(r"(?<=[{};,])\n+")


class StaticFilesStorage(CompressedManifestStaticFilesStorage):
    """Bundles each of our style sheets and scripts with the files that it imports.

    In development browsers follow the imports. In production each import would cost a
    request and a kilobyte of headers.
    """

    def post_process(self, paths: dict[str, Any], **options: Any) -> Iterator[Any]:  # type: ignore[override]
        bundles = InMemoryStorage()
        names = [name for name in paths if name.startswith(("css/", "editing/", "js/"))]
        for name in names:
            bundles.save(name, ContentFile(bundle(name, paths)))
        paths = paths | {name: (bundles, name) for name in names}
        yield from super().post_process(paths, **options)  # type: ignore[no-untyped-call]


def bundle(name: str, paths: dict[str, Any]) -> str:
    """Return a file's text with every import replaced by the imported file's text.

    Comments and indentation are left out, and a style sheet's line breaks: they are a
    sixth of the compressed size. A script's comments stand on lines of their own.
    `paths` maps the name of each file to its storage and its path there. Raises
    KeyError if an imported file is missing.
    """
    storage, path = paths[name]
    with storage.open(path) as file:
        text = file.read().decode()
    is_style = name.endswith(".css")
    text = (CSS_COMMENT_OR_INDENT if is_style else JS_COMMENT_OR_INDENT).sub("", text)
    folder = posixpath.dirname(name)
    text = IMPORT.sub(lambda match: bundle(f"{folder}/{match[1]}", paths), text)
    return CSS_LINE_BREAK.sub("", text) if is_style else text
