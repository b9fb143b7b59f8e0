"""Bare ctypes prototypes of PDFium's functions.

pypdfium2's own prototypes build a typed pointer object for each handle they return; on pages of
thousands of objects that costs more than PDFium itself. These pass handles as plain integers, and keep
Python's lock: to give it up and take it back would be a sixth of calls as short as these.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any


def native(function: Any, result: Any, *arguments: Any) -> Callable[..., Any]:
    """`function` of pypdfium2.raw with other ctypes result and argument types."""
    address = ctypes.cast(function, ctypes.c_void_p).value
    if address is None:
        raise ImportError(f"PDFium lacks {function!r}")
    prototype: Callable[[int], Callable[..., Any]] = ctypes.PYFUNCTYPE(result, *arguments)
    return prototype(address)
