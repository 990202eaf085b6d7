import json
from typing import Any

from django.core.management.base import BaseCommand

from editing.yaml_format.schema import RoadmapFile


class Command(BaseCommand):
    help = "Print the JSON Schema of roadmap files, as in docs/roadmap.schema.json."

    def handle(self, **_: Any) -> None:
        dialect = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
        schema = dialect | RoadmapFile.model_json_schema()
        self.stdout.write(json.dumps(schema, indent=2, ensure_ascii=False))
