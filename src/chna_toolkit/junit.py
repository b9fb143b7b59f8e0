"""JUnit's XML, which CI systems show test by test."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Case:
    """A test: `failure` says what is wrong, its first line in short; "" if nothing is."""

    name: str
    failure: str = ""


def junit(name: str, suites: Mapping[str, Sequence[Case]], output: str = "") -> str:
    """Return a report of suites of tests; `output` is what was said besides, with the last suite."""
    root = ET.Element("testsuites", name=_plain(name))
    for title, cases in suites.items():
        wrong = sum(bool(case.failure) for case in cases)
        suite = ET.SubElement(
            root, "testsuite", name=_plain(title), tests=str(len(cases)), failures=str(wrong), errors="0", skipped="0"
        )
        for case in cases:
            element = ET.SubElement(suite, "testcase", classname=_plain(title), name=_plain(case.name))
            if case.failure:
                text = _plain(case.failure)
                ET.SubElement(element, "failure", message=text.splitlines()[0], type="failure").text = text
    if output and len(root):
        ET.SubElement(root[-1], "system-out").text = _plain(output)
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _plain(text: str) -> str:
    """XML has no room for control characters."""
    return "".join(char if char >= " " or char in "\t\n" else "\ufffd" for char in text)
