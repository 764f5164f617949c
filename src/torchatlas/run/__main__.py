"""Prints the JSON Schema of a Document: `python -m torchatlas.run`."""

import json

from torchatlas.run import json_schema

print(json.dumps(json_schema(), indent=2, ensure_ascii=False))
