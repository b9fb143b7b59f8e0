"""What the tests run inside worker processes: it must be importable there."""

from __future__ import annotations

import os
import time
from pathlib import Path


def square(number: int) -> int:
    return number * number


def pid() -> int:
    return os.getpid()


def die(code: int = 9) -> None:
    os._exit(code)


def hang() -> None:
    time.sleep(600)


def run_out_of_memory() -> None:
    bytearray(1 << 45)


def grow() -> int:
    return len(bytearray(600 << 20))


def fail(message: str) -> None:
    raise ValueError(message)


def print_noise() -> None:
    print("noise")
    os.write(1, b"more noise\n")


def environment(name: str) -> str | None:
    return os.environ.get(name)


def note(folder: str) -> None:
    (Path(folder) / f"start-{os.getpid()}").touch()


def break_start() -> None:
    raise RuntimeError("no engine")


def die_at_start() -> None:
    os._exit(3)
