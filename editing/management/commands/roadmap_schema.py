from typing import Any

from django.core.management.base import BaseCommand

from editing.yaml_format.json_schema import schema


class Command(BaseCommand):
    help = "Write the JSON Schema of a roadmap's file, as docs/roadmap.schema.json."

    def handle(self, **_: Any) -> None:
        self.stdout.write(schema(), ending="")
