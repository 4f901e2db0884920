"""The files of an export of e-invoices: one an invoice, and the table of what could not be made."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from contextlib import ExitStack
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import Any

from documents.einvoice.problem import Problem
from invoicing.importing.formulas import guarded
from invoicing.invoices.issued_between import FrozenInvoice

PROBLEMS = "problems.csv"
_COLUMNS = ("number", "issued_on", "invoice_id", "rule", "field", "message")
_LONGEST = 200  # bytes, which leaves room for .xml.part
_KEPT = 40  # characters
_UNSAFE = re.compile(r"[^\w.-]|^\.")  # \w: letters and digits of any script, and _


class OtherFile(Exception):
    """There is a file of that name already, with something else in it."""


def file_name(number: str, suffix: str) -> str:
    """The number, with the bytes of what is not safe in a name as %2F; no two numbers have the same.

    A name has 255 bytes at most: a longer one ends with a digest, after a ~, which is otherwise escaped.
    """
    name = _UNSAFE.sub(_escaped, number)
    if len(name.encode()) > _LONGEST:
        name = f"{name[:_KEPT]}~{sha256(number.encode()).hexdigest()[:32]}"
    return f"{name}{suffix}"


def _escaped(unsafe: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in unsafe[0].encode())


class Folder:
    """A folder of e-invoices. What is in it stays as it is, unless it `replaces`."""

    def __init__(self, path: Path, *, replaces: bool) -> None:
        self._path = path
        self._replaces = replaces
        path.mkdir(parents=True, exist_ok=True)

    def put(self, name: str, content: bytes) -> bool:
        """Whether the file was written: not if it is there already. Raises OtherFile.

        It is there completely or not at all, whenever the command is killed.
        """
        path = self._path / name
        if path.exists():
            if path.read_bytes() == content:
                return False
            if not self._replaces:
                raise OtherFile
        _write(path, content)
        return True


def _write(path: Path, content: bytes) -> None:
    part = path.with_name(f"{path.name}.part")
    part.write_bytes(content)
    part.replace(path)


class ProblemsFile:
    """`problems.csv`: there at the end if something could not be made. A spreadsheet runs nothing of it."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / PROBLEMS
        self._part = folder / f"{PROBLEMS}.part"

    def __enter__(self) -> ProblemsFile:
        self._open_files = ExitStack()
        self._writer: Any = None
        return self

    def __exit__(self, failed: type[BaseException] | None, *_: BaseException | TracebackType | None) -> None:
        self._open_files.close()
        if failed is not None:
            self._part.unlink(missing_ok=True)
        elif self._writer is None:
            self.path.unlink(missing_ok=True)
        else:
            self._part.replace(self.path)

    def add(self, invoice: FrozenInvoice, problems: Sequence[Problem]) -> None:
        if self._writer is None:
            new = self._part.open("w", encoding="utf-8", newline="")
            self._writer = csv.writer(self._open_files.enter_context(new))
            self._writer.writerow(_COLUMNS)
        for each in problems:
            cells = (
                invoice.number,
                str(invoice.issued_on),
                invoice.id,
                each.rule,
                each.field,
                each.message,
            )
            self._writer.writerow([*map(guarded, cells)])
