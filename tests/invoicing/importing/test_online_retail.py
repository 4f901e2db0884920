"""The data set of a real shop, with all its irregular lines."""

from __future__ import annotations

from pathlib import Path

import pytest

from invoicing.access import Principal
from invoicing.importing.online_retail import ONLINE_RETAIL
from invoicing.orders import intake
from invoicing.storage.database import Database
from tests.support.import_files import ImportFile, items_of_order, reject_reasons

RETAIL = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"


def test_online_retail_is_read_as_orders_without_vat(
    import_file: ImportFile, database: Database, principal: Principal
) -> None:
    done = import_file(
        f"{RETAIL}536365,84029E,RED BOTTLE,6,2010-12-01T08:26,3.39,17850,United Kingdom\n"
        "536365,POST,POSTAGE,1,2010-12-01T08:27,18,17850,United Kingdom\n"
        "536366,22632,HAND WARMER,6,2010-12-01T08:28,1.85,,EIRE\n",
        layout=ONLINE_RETAIL,
        currency="GBP",
        including_vat=False,
        vat_rate=20,
        invoice=True,
    )
    assert (done.imported, done.orders, done.customers, done.ordered) == (3, 2, 1, {"GBP": 4_944})
    assert done.invoiced == {"GBP": 5_932 + 1}
    assert [item.type for item in items_of_order(database, principal, "536365")] == ["PRODUCT", "SHIPPING"]
    guest = database.read(intake.find_order, principal, "536366")
    assert (guest.billing_name, guest.ship_to_country) == ("Unknown customer", "IE")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("C536379,AMAZONFEE,AMAZON FEE,-1,2010-12-01T09:41,27.5,14527,United Kingdom", "not_a_sale"),
        ("C536379,22139,,-1,2010-12-01T09:41,0,14527,United Kingdom", "no_price"),
        ("537632,AMAZONFEE,AMAZON FEE,1,2010-12-07T15:08,13541.33,,United Kingdom", "not_a_sale"),
        ("563185,B,Adjust bad debt,1,2011-08-12T14:50,11062.06,,United Kingdom", "not_a_sale"),
        ("536414,22139,,56,2010-12-01T11:52,0,,United Kingdom", "no_description"),
        ("537032,21275,?,-30,2010-12-03T16:50,0,,United Kingdom", "no_quantity"),
        ("537534,22428,ENAMEL BOWL,2,2010-12-07T11:48,0.00,,United Kingdom", "no_price"),
        (",22428,ENAMEL BOWL,2,2010-12-07T11:48,1,,United Kingdom", "no_order_number"),
    ],
)
def test_lines_that_are_not_sales_are_rejected_and_their_order_is_imported(
    import_file: ImportFile, rejects: Path, line: str, reason: str
) -> None:
    number = line.partition(",")[0].strip("C") or 1
    sold = f"{number},85123A,HEART,6,2010-12-01T08:26,2.55,,Unspecified\n"
    done = import_file(f"{RETAIL}{sold}{line}\n", layout=ONLINE_RETAIL, currency="GBP", including_vat=False)
    assert reject_reasons(rejects)[-1] == ("3", reason)
    assert done.imported == 1
