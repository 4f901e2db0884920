"""Encoding and delimiter are found in the file."""

from __future__ import annotations

import gzip
import io
from pathlib import Path

import pytest

from invoicing.access import Principal
from invoicing.importing.columns import PLAIN
from invoicing.importing.csv_file import Source
from invoicing.importing.dialect import UnreadableFile, found_encoding, known_delimiter, known_encoding
from invoicing.importing.run import import_orders
from invoicing.storage.database import Database
from tests.support.import_files import (
    HEADER,
    ImportFile,
    import_terms,
    items_of_order,
    read_rejects,
    reject_reasons,
)

WORDS = {
    "German": "1;Jörg Müller;Königstraße 4;12,50 €\n2;Öz Süß;Grüne Gasse\n",
    "French": "n°;nom\n1;Hélène Forêt\n2;François Besançon – “l’été”\n",
    "Danish": "1;Søren Ågård\n2;Æble smørrebrød\n",
    "Spanish": "1;Peña Muñoz\n2;Año Nuevo España\n",
    "Portuguese": "1;João Conceição\n2;São Paulo Guimarães\n",
    "one word": "order_number;name\n1;Café\n",
}


@pytest.mark.parametrize("encoding", ["cp1252", "mac_roman", "utf-8", "utf-8-sig"])
@pytest.mark.parametrize("language", WORDS)
def test_the_encoding_of_european_languages_is_found(language: str, encoding: str) -> None:
    content = WORDS[language].encode(encoding)
    assert content.decode(found_encoding(io.BytesIO(content))).lstrip("\ufeff") == WORDS[language]


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("nr;imię\n1;Zażółć gęślą jaźń\n2;Łódź Świętokrzyska\n", "cp1250"),
        ("číslo;jméno\n1;Jiří Dvořák\n2;Příliš žluťoučký kůň\n", "cp1250"),
        ("номер;имя\n1;Иван Петров\n2;Мария Смирнова Москва улица Ленина\n3;Санкт-Петербург\n", "cp1251"),
        ("αριθμός;όνομα\n1;Γιώργος Παπαδόπουλος\n2;Αθήνα Ελλάδα οδός\n", "cp1253"),
    ],
)
def test_the_encoding_of_other_letters_is_found(text: str, encoding: str) -> None:
    assert found_encoding(io.BytesIO(text.encode(encoding))) == encoding


@pytest.mark.parametrize(
    ("encoding", "shown"),
    [
        ("utf-8", "UTF-8"),
        ("utf-8-sig", "UTF-8"),
        ("utf-16", "UTF-16"),
        ("utf-16-le", "UTF-16 LE"),
        ("utf-16-be", "UTF-16 BE"),
        ("cp1252", "Windows-1252"),
        ("mac_roman", "Mac Roman"),
    ],
)
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_a_spreadsheet_is_read_whatever_it_was_saved_as(
    import_file: ImportFile,
    database: Database,
    principal: Principal,
    encoding: str,
    shown: str,
    delimiter: str,
) -> None:
    text = f"{HEADER},customer_name\r\n1,Käse “Größe”,1,1,Jörg Müller\r\n"
    done = import_file(text.replace(",", delimiter).encode(encoding))
    assert (done.imported, str(done.dialect).split(",")[0]) == (1, shown)
    assert items_of_order(database, principal, "1")[0].name == "Käse “Größe”"


def test_the_own_line_of_excel_says_the_delimiter(import_file: ImportFile, rejects: Path) -> None:
    text = f"sep=;\r\n{HEADER},customer_name\r\n1,Mug,1,1,Ann\r\n1,Mug,x,1,Ann\r\n".replace(",", ";")
    done = import_file(text)
    assert (done.lines, str(done.dialect)) == (2, "UTF-8, separated by semicolons")
    assert reject_reasons(rejects) == [("3", "order_incomplete"), ("4", "invalid_quantity")]


@pytest.mark.parametrize(
    ("encoding", "half"),
    [("utf-7", "+2AA-"), ("unicode_escape", "\\ud800"), ("raw_unicode_escape", "\\udfff")],
)
def test_half_a_letter_rejects_its_line_and_the_others_are_imported(
    tmp_path: Path, database: Database, principal: Principal, rejects: Path, encoding: str, half: str
) -> None:
    rows = (f"{half},Mug,1,1,Ann", f"2,{half},1,1,Ann", f"3,Mug,x,1,{half}", f"4,Mug,1,1,Ann,{half}")
    file = tmp_path / "orders.csv"
    file.write_text("\n".join([f"{HEADER},customer_name", *rows, "5,Mug,1,1,Ann", ""]))
    terms = import_terms(database, principal)
    done = import_orders(database, principal, Source(file, encoding), PLAIN, terms, rejects=rejects)
    assert (done.imported, done.rejected) == (1, {"unreadable": 4})
    assert all("\ufffd" in "".join(row.values()) for row in list(read_rejects(rejects))[:3])


@pytest.mark.parametrize("sign", ['"', "", "a", "1"])
def test_an_own_line_of_excel_that_names_no_delimiter_is_the_line_of_the_columns(
    import_file: ImportFile, sign: str
) -> None:
    with pytest.raises(UnreadableFile, match="The file lacks the columns order_number"):
        import_file(f"sep={sign}\r\n{HEADER},customer_name\r\n1,Mug,1,1,Ann\r\n")


def test_delimiters_in_quoted_names_do_not_count(import_file: ImportFile) -> None:
    done = import_file(f'{HEADER},customer_name,"a;b;c;d;e;f;g"\n1,Mug,1,1,Ann,\n')
    assert (done.imported, done.dialect.delimiter) == (1, ",")


def test_a_letter_far_down_and_packed_is_seen(tmp_path: Path) -> None:
    file = tmp_path / "orders.csv.gz"
    file.write_bytes(
        gzip.compress(b"order_number;name\n" + b"1;Mug\n" * 500_000 + "2;Müller\n".encode("cp1252"))
    )
    assert str(Source(file).dialect) == "Windows-1252, separated by semicolons"


def test_single_broken_lines_leave_a_file_utf_8(import_file: ImportFile, rejects: Path) -> None:
    lines = f"{HEADER},customer_name\n1,Thé,1,1,Ann\n2,Tee,1,1,Jörg\n".encode() + b"3,Caf\xe9,1,1,Ann\n"
    assert import_file(lines).imported == 2
    assert reject_reasons(rejects) == [("4", "unreadable")]


def test_what_is_told_is_not_looked_for(tmp_path: Path) -> None:
    file = tmp_path / "orders.csv"
    file.write_bytes("a,b;c\n1,Müller;2\n".encode("cp850"))
    told = Source(file, known_encoding("CP850"), known_delimiter("semicolon"))
    assert (told.header(), next(told.records()).fields) == (["a,b", "c"], ["1,Müller", "2"])


def test_a_byte_that_the_encoding_does_not_have_rejects_its_line(tmp_path: Path) -> None:
    file = tmp_path / "orders.csv"
    file.write_bytes(b"a;b\n1;M\xfcller\n2;\x81\n")
    faults = [record.fault for record in Source(file, "cp1252").records()]
    assert faults == [None, "The line contains bytes that are not cp1252; name the right --encoding."]


@pytest.mark.parametrize("name", ["utf-99", "", "base64", "zip"])
def test_an_encoding_that_there_is_not_is_told(name: str) -> None:
    with pytest.raises(UnreadableFile, match="There is no encoding"):
        known_encoding(name)


@pytest.mark.parametrize("name", ["", ";;", "a", "\n", '"'])
def test_a_delimiter_is_one_sign(name: str) -> None:
    with pytest.raises(UnreadableFile, match="is no delimiter"):
        known_delimiter(name)
