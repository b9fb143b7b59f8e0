"""`datapackage.json`: the tables of a run described for other programs, after the Frictionless standards.

Data Package 1 and Table Schema 1 (https://specs.frictionlessdata.io), made from the schemas: types,
possible values, primary keys, and which column points at which table. Sizes and hashes show
whether a table was changed after the scan.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chna_toolkit.results.schemas import FORMULA_NOTE, Column, Table

if TYPE_CHECKING:
    from chna_toolkit.results.run import Manifest

DATAPACKAGE = "datapackage.json"
# Columns of a table -> the table whose columns of the same names they point at. A table whose
# columns are not all there, or that is itself the one pointed at, has no such key.
_POINTERS: tuple[tuple[tuple[str, ...], str], ...] = (
    (("document_id",), "documents"),
    (("lesson_id",), "lessons"),
    (("hospital_key", "chna_year"), "coverage_matrix"),
)


def describe(tables: Sequence[Table], manifest: Manifest, folder: Path) -> str:
    """Return the text of `datapackage.json` for tables that stand in `folder` as CSV."""
    package = {
        "profile": "tabular-data-package",
        "name": "chna-results",
        "title": "What community health needs assessments show",
        "description": f"{manifest.closing} {FORMULA_NOTE}",
        "version": manifest.tool_version,
        "contributors": [{"title": f"chna-toolkit {manifest.tool_version}", "role": "wrangler"}],
        "sources": [{"title": f"{one.file} (SHA-256 {one.sha256})"} for one in manifest.inputs],
        "lexicon": {
            "name": manifest.lexicon_name,
            "version": manifest.lexicon_version,
            "hash": manifest.lexicon_hash,
        },
        "resources": [_resource(table, folder / f"{table.name}.csv") for table in tables],
    }
    return json.dumps(package, indent=2, ensure_ascii=False) + "\n"


def foreign_keys(table: Table) -> list[tuple[tuple[str, ...], str]]:
    """Return what a table points at: columns, and the table whose columns of the same names they are."""
    names = set(table.header)
    return [(columns, target) for columns, target in _POINTERS if target != table.name and names.issuperset(columns)]


def _resource(table: Table, path: Path) -> dict[str, Any]:
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    return {
        "profile": "tabular-data-resource",
        "name": table.name,
        "path": path.name,
        "description": table.description,
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "bytes": path.stat().st_size,
        "hash": f"sha256:{digest}",
        "dialect": {"delimiter": ",", "lineTerminator": "\n", "quoteChar": '"', "doubleQuote": True, "header": True},
        "schema": _schema(table),
    }


def _schema(table: Table) -> dict[str, Any]:
    schema: dict[str, Any] = {
        "fields": [_field(column) for column in table.columns],
        "missingValues": [""],
        "primaryKey": list(table.key),
    }
    keys = [_foreign_key(columns, target) for columns, target in foreign_keys(table)]
    return schema | ({"foreignKeys": keys} if keys else {})


def _field(column: Column) -> dict[str, Any]:
    field: dict[str, Any] = {"name": column.name, "type": column.type, "description": column.description}
    if column.type == "boolean":
        field |= {"trueValues": ["true"], "falseValues": ["false"]}
    if column.unit:
        field["unit"] = column.unit
    constraints: Mapping[str, Any] = {
        **({"enum": list(column.values)} if column.values else {}),
        **({"required": True} if column.key and column.type == "string" else {}),
    }
    return field | ({"constraints": constraints} if constraints else {})


def _foreign_key(columns: Sequence[str], target: str) -> dict[str, Any]:
    return {"fields": list(columns), "reference": {"resource": target, "fields": list(columns)}}
