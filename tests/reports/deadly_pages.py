"""Stands in for the drawing of a document in a worker, which one page ends."""

from __future__ import annotations

import os
from collections.abc import Sequence

from chna_toolkit.assess import Attempt, Plan
from chna_toolkit.extraction.thumbnails import Thumbnail
from chna_toolkit.inputs import Input
from chna_toolkit.thumbnails import _Drawn

DEADLY = 4


def draw(pages: Sequence[int], item: Input, plan: Plan, attempt: Attempt) -> _Drawn:
    watch = attempt.watch(plan)
    found = {}
    for page in pages:
        if watch.may_read(page):
            if page == DEADLY:
                os._exit(1)
            found[page] = Thumbnail(612, 792, b"a picture")
    return _Drawn(found)
