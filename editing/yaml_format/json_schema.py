"""The format as a JSON Schema, for editors with a YAML language server."""

import json

from editing.yaml_format.schema import RoadmapFile


def schema() -> str:
    """The text of docs/roadmap.schema.json."""
    found = RoadmapFile.model_json_schema()
    draft = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    return json.dumps(draft | found, indent=2, ensure_ascii=False) + "\n"
