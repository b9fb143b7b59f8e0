"""REFI-QDA projects (`.qdpx`), the format in which programs for qualitative analysis exchange work.

QDA-XML 1.0 of 18 March 2019: a ZIP with `project.qde` (XML of the published schema, in which order
is fixed) and the texts in `sources/`. Positions count Unicode code points from 0, end exclusive.
What is read comes from strangers: sizes are bounded, entities refused, paths looked up only inside.
"""

from __future__ import annotations

import io
import re
import uuid
import zipfile
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from xml.etree import ElementTree as ET

from chna_toolkit.errors import UsageError
from chna_toolkit.exports.files import whole_file

NAMESPACE = "urn:QDA-XML:project:1.0"
_SPACE = uuid.UUID("6f0a3c1e-9a53-5d0b-8f0e-6e1d8d1c5b77")  # of our names: the same name has the same GUID
_MOST_BYTES = 512 << 20  # of one file in a project that is read
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the same project gives the same bytes
VariableType = Literal["Text", "Integer"]


@dataclass(frozen=True, slots=True)
class Code:
    """A code with its sub-codes. Names are unique in a project."""

    name: str
    description: str = ""
    colour: str = ""  # #RRGGBB
    codes: tuple[Code, ...] = ()

    def walk(self) -> Iterator[Code]:
        """Yield the code and all below it."""
        yield self
        for code in self.codes:
            yield from code.walk()


@dataclass(frozen=True, slots=True, order=True)
class Coding:
    """A stretch of a text, coded by somebody."""

    start: int
    end: int
    code: str
    user: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """A text with its codings."""

    name: str
    text: str
    codings: tuple[Coding, ...] = ()
    description: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    """What sources are about, with variables."""

    name: str
    values: Mapping[str, str | int]
    sources: tuple[str, ...]  # names


@dataclass(frozen=True, slots=True)
class Project:
    """All that is exchanged. Users, codes and sources are told apart by their names."""

    name: str
    users: tuple[str, ...]
    codes: tuple[Code, ...]
    sources: tuple[Source, ...]
    cases: tuple[Case, ...] = ()
    origin: str = ""
    created: str = ""  # xsd:dateTime
    variables: Mapping[str, VariableType] = field(default_factory=dict)


# -- writing


def guid(*names: object) -> str:
    """Return the GUID of a thing by its kind and name."""
    return str(uuid.uuid5(_SPACE, "\x1f".join(str(name) for name in names)))


def write_qdpx(project: Project, path: Path) -> None:
    """Write the project. The same project gives the same bytes. Raises `OutputError`."""
    with whole_file(path) as partial, zipfile.ZipFile(partial, "w") as archive:
        _add(archive, "project.qde", _xml(project))
        for source in project.sources:
            _add(archive, f"sources/{guid('source', source.name)}.txt", source.text.encode("utf-8", "replace"))


def _add(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    info = zipfile.ZipInfo(name, _EPOCH)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.external_attr = 0o644 << 16
    archive.writestr(info, data)


def _xml(project: Project) -> bytes:
    made = {"creationDateTime": project.created} if project.created else {}
    user = {"creatingUserGUID": guid("user", project.users[0])} if project.users else {}
    root = ET.Element("Project", _plain({"name": project.name, "origin": project.origin, **user, **made}))
    root.set("xmlns", NAMESPACE)
    if project.users:
        users = ET.SubElement(root, "Users")
        for name in project.users:
            ET.SubElement(users, "User", _plain({"guid": guid("user", name), "name": name}))
    if project.codes:
        codes = ET.SubElement(ET.SubElement(root, "CodeBook"), "Codes")
        for code in project.codes:
            _write_code(codes, code)
    _write_cases(root, project)
    if project.sources:
        sources = ET.SubElement(root, "Sources")
        for source in project.sources:
            _write_source(sources, source, made)
    stream = io.BytesIO()
    ET.ElementTree(root).write(stream, encoding="utf-8", xml_declaration=True)
    return stream.getvalue()


def _write_code(parent: ET.Element, code: Code) -> None:
    attributes = {"guid": guid("code", code.name), "name": code.name, "isCodable": "true"}
    element = ET.SubElement(parent, "Code", _plain(attributes | ({"color": code.colour} if code.colour else {})))
    _write_text(element, "Description", code.description)
    for inner in code.codes:
        _write_code(element, inner)


def _write_cases(root: ET.Element, project: Project) -> None:
    if project.variables:
        variables = ET.SubElement(root, "Variables")
        for name, kind in project.variables.items():
            attributes = {"guid": guid("variable", name), "name": name, "typeOfVariable": kind}
            ET.SubElement(variables, "Variable", _plain(attributes))
    if project.cases:
        cases = ET.SubElement(root, "Cases")
        for case in project.cases:
            element = ET.SubElement(cases, "Case", _plain({"guid": guid("case", case.name), "name": case.name}))
            for name, value in case.values.items():
                cell = ET.SubElement(element, "VariableValue")
                ET.SubElement(cell, "VariableRef", {"targetGUID": guid("variable", name)})
                _write_text(cell, f"{project.variables[name]}Value", str(value))
            for source in case.sources:
                ET.SubElement(element, "SourceRef", {"targetGUID": guid("source", source)})


def _write_source(parent: ET.Element, source: Source, made: Mapping[str, str]) -> None:
    identity = guid("source", source.name)
    attributes = {"guid": identity, "name": source.name, "plainTextPath": f"internal://{identity}.txt"}
    element = ET.SubElement(parent, "TextSource", _plain({**attributes, **made}))
    _write_text(element, "Description", source.description)
    spans: dict[tuple[int, int], list[Coding]] = {}
    for coding in sorted(source.codings):
        spans.setdefault((coding.start, coding.end), []).append(coding)
    for (start, end), codings in spans.items():
        name = f"line:{source.text.count(chr(10), 0, start)}"  # as `qualitative-coding` names them
        span = {"guid": guid("span", source.name, start, end), "name": name}
        places = {"startPosition": str(start), "endPosition": str(end), "creatingUser": guid("user", codings[0].user)}
        selection = ET.SubElement(element, "PlainTextSelection", {**span, **places, **made})
        _write_text(selection, "Description", "\n".join(dict.fromkeys(one.note for one in codings if one.note)))
        for one in codings:
            who = {"guid": guid("coding", source.name, start, end, one.code, one.user)}
            made_by = ET.SubElement(selection, "Coding", {**who, "creatingUser": guid("user", one.user), **made})
            ET.SubElement(made_by, "CodeRef", {"targetGUID": guid("code", one.code)})


def _write_text(parent: ET.Element, tag: str, text: str) -> None:
    if text:
        ET.SubElement(parent, tag).text = _NOT_XML.sub("\ufffd", text)


def _plain(attributes: Mapping[str, str]) -> dict[str, str]:
    return {name: _NOT_XML.sub("\ufffd", value) for name, value in attributes.items() if value}


# -- reading


def read_qdpx(path: Path) -> Project:
    """Read users, codes, texts and codings of a project; the rest (media, notes, graphs) is left out.

    Positions come back as those of the text with plain line feeds, whatever its program counted.
    Raises `UsageError`.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            return _Reader(archive, path).project()
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror or error}", "Check the name of the file.") from error
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, ET.ParseError, KeyError, ValueError) as error:
        raise UsageError(f"{path} is no REFI-QDA project: {error}", "Export one as .qdpx from your program.") from error


class _Reader:
    """Reads one archive. GUIDs become names."""

    def __init__(self, archive: zipfile.ZipFile, path: Path) -> None:
        self.archive, self.path = archive, path
        self.names = {info.filename.casefold(): info for info in archive.infolist()}
        project = next((name for name in self.names if name.endswith("project.qde") and "/" not in name), None)
        if project is None:
            raise ValueError("it holds no project.qde")
        data = self._bytes(project)
        if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
            raise ValueError("its XML declares entities")
        self.root = ET.fromstring(data.removeprefix(b"\xef\xbb\xbf"))
        self.users = {_guid(one): one.get("name") or one.get("id") or "" for one in self._all("Users/User")}
        self.codes = {_guid(one): one.get("name", "") for one in self.root.iter(_tag("Code"))}

    def project(self) -> Project:
        root = self.root
        return Project(
            name=root.get("name", ""),
            users=tuple(self.users.values()),
            codes=tuple(self._code(one) for one in self._all("CodeBook/Codes/Code")),
            sources=tuple(self._sources()),
            origin=root.get("origin", ""),
            created=root.get("creationDateTime", ""),
        )

    def _all(self, path: str) -> list[ET.Element]:
        return self.root.findall("/".join(_tag(part) for part in path.split("/")))

    def _code(self, element: ET.Element) -> Code:
        inner = tuple(self._code(one) for one in element.findall(_tag("Code")))
        return Code(element.get("name", ""), _text(element, "Description"), element.get("color", ""), inner)

    def _sources(self) -> Iterator[Source]:
        for element in self._all("Sources/TextSource"):
            yield self._source(element, element.get("name") or "")
        for pdf in self._all("Sources/PDFSource"):
            for element in pdf.findall(_tag("Representation")):
                yield self._source(element, pdf.get("name") or element.get("name") or "")

    def _source(self, element: ET.Element, name: str) -> Source:
        where = element.get("plainTextPath", "")
        raw = self._file(where) if where else _text(element, "PlainTextContent")
        ruler = Ruler(raw)
        found = []
        for selection in element.findall(_tag("PlainTextSelection")):
            start, end = (int(selection.get(place, "0")) for place in ("startPosition", "endPosition"))
            for coding in selection.findall(_tag("Coding")):
                user = self.users.get(_key(coding.get("creatingUser") or selection.get("creatingUser")), "")
                note = _text(selection, "Description")
                refs = (self.codes.get(_key(one.get("targetGUID"))) for one in coding.findall(_tag("CodeRef")))
                found += [Coding(*ruler.place(start, end), code, user, note) for code in refs if code]
        return Source(name, ruler.text, tuple(sorted(found)), _text(element, "Description"))

    def _file(self, where: str) -> str:
        name = re.sub(r"^[a-z]+:/*", "", where, flags=re.IGNORECASE).casefold()
        found = next((one for one in (f"sources/{name}", name) if one in self.names), None)
        if found is None:
            raise ValueError(f"the text {where!r} is not in it")
        return self._bytes(found).decode("utf-8-sig", "replace")

    def _bytes(self, name: str) -> bytes:
        with self.archive.open(self.names[name]) as stream:
            data = stream.read(_MOST_BYTES + 1)
        if len(data) > _MOST_BYTES:
            raise ValueError(f"{name} is larger than {_MOST_BYTES >> 20} MiB")
        return data


class Ruler:
    """Places in a text as a program wrote it -> places in the same text with plain line feeds."""

    def __init__(self, raw: str) -> None:
        self.text = raw.replace("\r\n", "\n").replace("\r", "\n")
        self._removed = [match.start() for match in re.finditer("\r\n", raw)]

    def place(self, start: int, end: int) -> tuple[int, int]:
        """Return the place, within the text, of a place that counts code points of what was written."""
        first, last = (position - self._before(position) for position in (start, end))
        first = min(max(first, 0), len(self.text))
        return first, min(max(last, first), len(self.text))

    def _before(self, position: int) -> int:
        return bisect_left(self._removed, position)


def _tag(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"


def _guid(element: ET.Element) -> str:
    return _key(element.get("guid"))


def _key(value: str | None) -> str:
    return (value or "").strip("{}").casefold()


def _text(element: ET.Element, tag: str) -> str:
    return element.findtext(_tag(tag)) or ""
